// One command at a time starts, stops, cleans up or removes a pod. Not held while a container runs or is waited for.
#pragma once

#include <optional>
#include <string>

#include "common/file_lock.h"
#include "common/result.h"

namespace skiff::pod {

class OperationLock {
 public:
  static common::Result<OperationLock> Acquire(const std::string& path);
  // Absent: another command works on the pod.
  static common::Result<std::optional<OperationLock>> TryAcquire(const std::string& path);
  // The pod has been removed: the file goes too. Waiters notice that their file is no longer the one at the path.
  common::Result<> RemoveFile();

 private:
  OperationLock(std::string path, common::FileLock lock) : path_(std::move(path)), lock_(std::move(lock)) {}
  std::string path_;
  common::FileLock lock_;
};

}  // namespace skiff::pod
