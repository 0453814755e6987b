#include "pod/state/state_watch.h"

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>

#include "common/file.h"

namespace skiff::pod {
namespace {

using common::Result;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kLookAgain{5000};
constexpr milliseconds kSettle{20};

Result<> WatchChildren(int fd, const std::string& directory, uint32_t events,
                       std::map<std::string, int>& watched) {
  const auto names = common::ListDirectory(directory);
  if (!names && names.error().code() == common::ErrorCode::kNotFound) return {};
  if (!names) return names.error();
  std::erase_if(watched, [&](const auto& entry) {
    return !std::binary_search(names->begin(), names->end(), entry.first);
  });
  for (const std::string& name : *names) {
    if (watched.contains(name)) continue;
    const int id = ::inotify_add_watch(fd, (directory + "/" + name).c_str(), events);
    if (id >= 0) watched[name] = id;
  }
  return {};
}

}  // namespace

Result<StateWatch> StateWatch::Open(const common::SystemPaths& paths, bool events) {
  StateWatch watch;
  watch.pods_dir_ = paths.run_dir + "/pods";
  if (events) watch.events_dir_ = paths.state_dir + "/pods";
  watch.fd_.Reset(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!watch.fd_) return common::ErrnoError("inotify_init1");
  TRY(common::MakeDirectories(watch.pods_dir_, 0711));
  TRY(common::MakeDirectories(paths.state_dir, 0711));
  for (const std::string& path : {watch.pods_dir_, paths.state_dir}) {
    // state.db and its log are written in place.
    if (::inotify_add_watch(watch.fd_.get(), path.c_str(), IN_CREATE | IN_DELETE | IN_MODIFY | IN_MOVED_TO) <
        0)
      return common::ErrnoError("watch {}", path);
  }
  if (events) {
    const std::string& journal_dir = paths.run_dir;
    if (::inotify_add_watch(watch.fd_.get(), journal_dir.c_str(), IN_MODIFY | IN_MOVED_TO) < 0)
      return common::ErrnoError("watch {}", journal_dir);
  }
  TRY(watch.WatchPods());
  return watch;
}

// Directories that come and go while this looks are seen by their own events.
Result<> StateWatch::WatchPods() {
  TRY(WatchChildren(fd_.get(), pods_dir_, IN_MOVED_TO | IN_DELETE_SELF, watched_));
  if (!events_dir_.empty())
    TRY(WatchChildren(fd_.get(), events_dir_, IN_MODIFY | IN_MOVED_TO | IN_CREATE | IN_DELETE_SELF,
                      watched_logs_));
  return {};
}

Result<bool> StateWatch::Wait(std::optional<steady_clock::time_point> deadline, int wake_fd) {
  const auto now = steady_clock::now();
  if (deadline && *deadline <= now) return false;
  auto timeout = kLookAgain;
  if (deadline) timeout = std::min(timeout, std::chrono::ceil<milliseconds>(*deadline - now));
  pollfd fds[] = {{fd_.get(), POLLIN, 0}, {wake_fd, POLLIN, 0}};
  const int ready = ::poll(fds, 2, static_cast<int>(timeout.count()));
  if (ready < 0 && errno != EINTR) return common::ErrnoError("poll");
  if (ready > 0 && fds[1].revents != 0) return true;
  if (ready > 0) std::ignore = ::poll(nullptr, 0, static_cast<int>(kSettle.count()));
  char events[8192];
  while (::read(fd_.get(), events, sizeof(events)) > 0) {
  }
  TRY(WatchPods());
  return true;
}

}  // namespace skiff::pod
