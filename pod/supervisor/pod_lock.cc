#include "pod/supervisor/pod_lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <thread>

#include "common/file.h"
#include "pod/supervisor/protocol.h"

namespace skiff::supervisor {

using common::ErrorCode;
using common::Result;

namespace {

// Another command may be looking, or the reaper of the pod's last run still be ending.
constexpr std::chrono::milliseconds kLockPatience{2000};
constexpr std::chrono::milliseconds kSoon{100};

}  // namespace

Result<bool> PodIsAlive(const std::string& run_dir) {
  const std::string path = common::JoinPath(run_dir, kPodLock);
  auto fd = common::Open(path, O_RDONLY);
  if (!fd && fd.error().code() == ErrorCode::kNotFound) return false;
  if (!fd) return std::move(fd).error();
  // A shared lock, so that two commands that look at the same time do not take each other for the reaper.
  if (::flock(fd->get(), LOCK_SH | LOCK_NB) == 0) return false;
  if (errno == EWOULDBLOCK) return true;
  return common::ErrnoError("lock {}", path);
}

Result<common::FileLock> TakePodLock(const std::string& run_dir) {
  const auto deadline = std::chrono::steady_clock::now() + kLockPatience;
  while (true) {
    auto lock = common::FileLock::TryAcquire(common::JoinPath(run_dir, kPodLock));
    if (lock || lock.error().code() != ErrorCode::kBusy) return lock;
    if (std::chrono::steady_clock::now() >= deadline) return std::move(lock).error().Wrap("the pod runs already");
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

Result<> WaitForPodEnd(const std::string& run_dir, std::chrono::milliseconds timeout) {
  const auto start = std::chrono::steady_clock::now();
  const auto deadline = start + timeout;
  while (true) {
    ASSIGN_OR_RETURN(const bool alive, PodIsAlive(run_dir));
    if (!alive) return {};
    if (std::chrono::steady_clock::now() >= deadline)
      return common::MakeError(ErrorCode::kTimeout, "the pod's skiff-reaper still runs after {} ms ({} is locked)",
                               timeout.count(), common::JoinPath(run_dir, kPodLock));
    // A look costs 10 us, and most reapers have ended after some milliseconds.
    const bool soon = std::chrono::steady_clock::now() - start < kSoon;
    std::this_thread::sleep_for(soon ? std::chrono::milliseconds(1) : std::chrono::milliseconds(20));
  }
}

}  // namespace skiff::supervisor
