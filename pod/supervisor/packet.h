// Packets of SOCK_SEQPACKET sockets, perhaps with a descriptor: JSON objects (protocol.h), words (reaper_link.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/result.h"
#include "common/unique_fd.h"
#include "pod/supervisor/protocol.h"

namespace skiff::supervisor {

// Sends one packet, with it the descriptor `passed` unless that is negative. kUnavailable when the other side has gone;
// never raises SIGPIPE.
common::Result<> SendPacket(int fd, std::string_view data, int passed = -1);

// The next packet, or nullopt at the end of the stream. An empty packet looks like the end.
// `passed`: gets the descriptor that came with it, if one did; without, one that comes is closed.
// `limit`: bytes; a longer packet is cut.
common::Result<std::optional<std::string>> ReceivePacket(int fd, common::UniqueFd* passed = nullptr, size_t limit = kMaxPacket);

}  // namespace skiff::supervisor
