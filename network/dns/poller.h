// One thread that waits for descriptors and for times.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "common/result.h"
#include "common/unique_fd.h"

namespace skiff::dns {

using Time = std::chrono::steady_clock::time_point;

class Poller {
 public:
  // Of epoll_event::events.
  using Handler = std::function<void(uint32_t events)>;

  static common::Result<Poller> Open();
  common::Result<> Add(int fd, uint32_t events, Handler handler);
  void Change(int fd, uint32_t events);
  // Before the descriptor is closed. May be called inside of its own handler.
  void Remove(int fd);
  // Calls the handlers of what is ready, after at most the time until `deadline`.
  common::Result<> Wait(std::optional<Time> deadline);

 private:
  explicit Poller(common::UniqueFd epoll) : epoll_(std::move(epoll)) {}

  common::UniqueFd epoll_;
  std::map<int, std::shared_ptr<Handler>> handlers_;
};

}  // namespace skiff::dns
