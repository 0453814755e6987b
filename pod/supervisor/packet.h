// Packets of SOCK_SEQPACKET sockets: one JSON object each (protocol.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/result.h"

namespace skiff::supervisor {

// Sends one packet. kUnavailable when the other side has gone; never raises SIGPIPE.
common::Result<> SendPacket(int fd, std::string_view data);

// The next packet, or nullopt at the end of the stream. An empty packet looks like the end.
common::Result<std::optional<std::string>> ReceivePacket(int fd);

}  // namespace skiff::supervisor
