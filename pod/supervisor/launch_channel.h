// The supervisor's end of the launch channel (protocol.h, channel 1).
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "common/result.h"
#include "common/unique_fd.h"
#include "pod/supervisor/event_loop.h"
#include "pod/supervisor/protocol.h"

namespace skiff::supervisor {

class LaunchChannel {
 public:
  // `network_ready` is called at the launcher's word, `gone` when it has closed its end.
  static common::Result<std::unique_ptr<LaunchChannel>> Open(EventLoop& loop, common::UniqueFd socket,
                                                             std::function<void()> network_ready,
                                                             std::function<void()> gone);
  ~LaunchChannel();

  // False: the launcher does not listen any more.
  bool Send(const LaunchEvent& event);

 private:
  LaunchChannel(EventLoop& loop, common::UniqueFd socket) : loop_(loop), socket_(std::move(socket)) {}

  EventLoop& loop_;
  common::UniqueFd socket_;
};

}  // namespace skiff::supervisor
