// The socket between skiff-reaper and skiff-supervisor: SOCK_SEQPACKET, one line of text per packet.
//   reaper -> supervisor   "fd NAME" with a descriptor   kept for an earlier supervisor
//                          "begin"                       after the last "fd"
//                          "exit RECORD"                 a process has ended (exit_record.h)
//   supervisor -> reaper   "keep NAME" with a descriptor a supervisor after this one gets it back
//                          "drop NAME"
//                          "release SIDE"               drop the sockets that hold a port of the host (held_port.h)
//                          "over"                        the pod has ended: do not restart the supervisor; run the exit
//                                                        command
//                          "over clean"                  the launch failed and the launcher, who was told, cleans up
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/result.h"
#include "common/unique_fd.h"

namespace skiff::supervisor {

inline constexpr int kReaperLinkFd = 4;  // of skiff-supervisor

struct LinkMessage {
  std::string word;
  std::string argument;
  common::UniqueFd fd;
};

// kUnavailable when the other side has gone.
common::Result<> SendLinkMessage(int socket, std::string_view text, int fd = -1);
// nullopt: the other side has gone.
common::Result<std::optional<LinkMessage>> ReceiveLinkMessage(int socket);

}  // namespace skiff::supervisor
