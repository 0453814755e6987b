#include "network/dns/poller.h"

#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>

namespace skiff::dns {

using common::ErrnoError;
using common::Result;

Result<Poller> Poller::Open() {
  common::UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll) return ErrnoError("epoll");
  return Poller(std::move(epoll));
}

Result<> Poller::Add(int fd, uint32_t events, Handler handler) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) return ErrnoError("epoll");
  handlers_[fd] = std::make_shared<Handler>(std::move(handler));
  return {};
}

void Poller::Change(int fd, uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
}

void Poller::Remove(int fd) {
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  handlers_.erase(fd);
}

Result<> Poller::Wait(std::optional<Time> deadline) {
  int timeout = -1;
  if (deadline) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - std::chrono::steady_clock::now());
    timeout = static_cast<int>(std::clamp<int64_t>(left.count(), 0, 60'000));
  }
  epoll_event events[64];
  const int count = ::epoll_wait(epoll_.get(), events, 64, timeout);
  if (count < 0 && errno != EINTR) return ErrnoError("epoll");
  for (int i = 0; i < count; ++i) {
    const auto found = handlers_.find(events[i].data.fd);
    if (found == handlers_.end()) continue;  // removed by one before it
    const auto handler = found->second;      // stays while it runs
    (*handler)(events[i].events);
  }
  return {};
}

}  // namespace skiff::dns
