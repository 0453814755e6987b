// Packets of SOCK_SEQPACKET sockets: one JSON object each (protocol.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/result.h"
#include "common/unique_fd.h"

namespace skiff::supervisor {

// Sends one packet. kUnavailable when the other side has gone; never raises SIGPIPE.
common::Result<> SendPacket(int fd, std::string_view data);

// Sends one packet and a descriptor with it.
common::Result<> SendPacketWithFd(int fd, std::string_view data, int passed);

// The next packet, or nullopt at the end of the stream. An empty packet looks like the end.
// `passed`: gets the descriptor that came with it, if one did; without, one that comes is closed.
common::Result<std::optional<std::string>> ReceivePacket(int fd, common::UniqueFd* passed = nullptr);

}  // namespace skiff::supervisor
