#include "pod/supervisor/event_loop.h"

#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <utility>

namespace skiff::supervisor {

using common::Result;
using common::UniqueFd;

namespace {

// The generation tells an event of a closed descriptor from those of a new one with the same number.
uint64_t Key(int fd, uint32_t generation) { return (uint64_t{generation} << 32) | static_cast<uint32_t>(fd); }

}  // namespace

Result<std::unique_ptr<EventLoop>> EventLoop::Create() {
  UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll) return common::ErrnoError("epoll_create1");
  return std::unique_ptr<EventLoop>(new EventLoop(std::move(epoll)));
}

Result<> EventLoop::Watch(int fd, uint32_t epoll_events, FdHandler handler) {
  const uint32_t generation = next_generation_++;
  epoll_event event{epoll_events, {.u64 = Key(fd, generation)}};
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) return common::ErrnoError("watch descriptor {}", fd);
  entries_[fd] = std::make_shared<Entry>(Entry{generation, std::move(handler)});
  return {};
}

void EventLoop::Change(int fd, uint32_t epoll_events) {
  const auto entry = entries_.find(fd);
  if (entry == entries_.end()) return;
  epoll_event event{epoll_events, {.u64 = Key(fd, entry->second->generation)}};
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
}

void EventLoop::Unwatch(int fd) {
  if (entries_.erase(fd) > 0) ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

EventLoop::TimerId EventLoop::After(std::chrono::milliseconds delay, Task task) {
  const TimerId id = next_timer_++;
  timers_.emplace(std::pair(Clock::now() + delay, id), std::move(task));
  return id;
}

void EventLoop::Cancel(TimerId timer) {
  std::erase_if(timers_, [timer](const auto& entry) { return entry.first.second == timer; });
}

Result<> EventLoop::WatchChild(common::Child child, std::function<void(common::ExitStatus)> ended) {
  auto owned = std::make_shared<common::Child>(std::move(child));
  const int fd = owned->pidfd.get();
  return Watch(fd, EPOLLIN, [this, owned, fd, ended = std::move(ended)](uint32_t) {
    const auto status = common::Wait(owned->pid);
    Unwatch(fd);
    // Wait can only fail for a process that is not our child any more; then nothing is known but that it has ended.
    ended(status.value_or(common::ExitStatus{255, 0}));
  });
}

int EventLoop::PollTimeout() const {
  if (timers_.empty()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(timers_.begin()->first.first - Clock::now()).count();
  return static_cast<int>(std::clamp<int64_t>(left, 0, INT_MAX));
}

void EventLoop::RunTimers() {
  while (!timers_.empty() && timers_.begin()->first.first <= Clock::now()) {
    const Task task = std::move(timers_.begin()->second);
    timers_.erase(timers_.begin());
    task();
  }
}

void EventLoop::RunDeferred() {
  while (!deferred_.empty()) {
    const auto tasks = std::exchange(deferred_, {});
    for (const auto& task : tasks) task();
  }
}

Result<> EventLoop::Dispatch(int timeout) {
  epoll_event events[32];
  const int count = ::epoll_wait(epoll_.get(), events, 32, timeout);
  if (count < 0 && errno != EINTR) return common::ErrnoError("epoll_wait");
  for (int i = 0; i < count; ++i) {
    const auto found = entries_.find(static_cast<int>(events[i].data.u64 & 0xffffffffu));
    if (found == entries_.end() || found->second->generation != events[i].data.u64 >> 32) continue;
    const auto entry = found->second;  // stays alive when its handler unwatches it
    entry->handler(events[i].events);
  }
  return {};
}

Result<> EventLoop::Run(const Task& before_sleep) {
  while (true) {
    RunTimers();
    RunDeferred();
    before_sleep();
    if (std::exchange(stopped_, false)) return {};
    TRY(Dispatch(deferred_.empty() ? PollTimeout() : 0));
  }
}

}  // namespace skiff::supervisor
