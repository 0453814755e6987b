#include "pod/state/operation_lock.h"

#include <sys/stat.h>

#include "common/file.h"

namespace skiff::pod {
namespace {

// False when the lock's file was removed while we waited for it.
bool IsCurrent(const common::FileLock& lock, const std::string& path) {
  struct stat held {};
  struct stat current {};
  return ::fstat(lock.fd(), &held) == 0 && ::stat(path.c_str(), &current) == 0 && held.st_ino == current.st_ino &&
         held.st_dev == current.st_dev;
}

common::Result<> MakeParent(const std::string& path) {
  return common::MakeDirectories(path.substr(0, path.rfind('/')), 0700);
}

}  // namespace

common::Result<OperationLock> OperationLock::Acquire(const std::string& path) {
  TRY(MakeParent(path));
  for (;;) {
    ASSIGN_OR_RETURN(common::FileLock lock, common::FileLock::Acquire(path));
    if (IsCurrent(lock, path)) return OperationLock(path, std::move(lock));
  }
}

common::Result<std::optional<OperationLock>> OperationLock::TryAcquire(const std::string& path) {
  TRY(MakeParent(path));
  for (;;) {
    auto lock = common::FileLock::TryAcquire(path);
    if (!lock) {
      if (lock.error().code() == common::ErrorCode::kBusy) return std::optional<OperationLock>();
      return lock.error();
    }
    if (IsCurrent(*lock, path)) return std::optional<OperationLock>(OperationLock(path, std::move(*lock)));
  }
}

common::Result<> OperationLock::RemoveFile() { return common::RemoveFile(path_); }

}  // namespace skiff::pod
