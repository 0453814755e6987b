// One thread, one epoll: descriptors and timers. Sleeps without limit while nothing is due.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "common/process.h"
#include "common/result.h"
#include "common/unique_fd.h"

namespace skiff::supervisor {

class EventLoop {
 public:
  using Clock = std::chrono::steady_clock;
  using FdHandler = std::function<void(uint32_t epoll_events)>;
  using Task = std::function<void()>;
  using TimerId = uint64_t;  // 0 is never used

  static common::Result<std::unique_ptr<EventLoop>> Create();

  // The descriptor stays the caller's, who unwatches it before closing it. Handlers may watch and unwatch freely.
  common::Result<> Watch(int fd, uint32_t epoll_events, FdHandler handler);
  void Change(int fd, uint32_t epoll_events);
  void Unwatch(int fd);

  TimerId After(std::chrono::milliseconds delay, Task task);
  void Cancel(TimerId timer);

  // Runs `task` before the loop sleeps again.
  void Defer(Task task) { deferred_.push_back(std::move(task)); }

  // Calls `ended` once when the child has ended, and reaps it.
  common::Result<> WatchChild(common::Child child, std::function<void(common::ExitStatus)> ended);

  // Until Stop. Calls `before_sleep` whenever all that was due is done.
  common::Result<> Run(const Task& before_sleep);
  void Stop() { stopped_ = true; }

 private:
  struct Entry {
    uint32_t generation;
    FdHandler handler;
  };
  explicit EventLoop(common::UniqueFd epoll) : epoll_(std::move(epoll)) {}
  int PollTimeout() const;
  void RunTimers();
  void RunDeferred();
  common::Result<> Dispatch(int timeout);

  common::UniqueFd epoll_;
  uint32_t next_generation_ = 1;
  std::map<int, std::shared_ptr<Entry>> entries_;
  std::map<std::pair<Clock::time_point, TimerId>, Task> timers_;
  TimerId next_timer_ = 1;
  std::vector<Task> deferred_;
  bool stopped_ = false;
};

}  // namespace skiff::supervisor
