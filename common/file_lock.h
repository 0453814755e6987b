// Advisory whole-file locks.
#pragma once

#include <string>

#include "common/result.h"
#include "common/unique_fd.h"

namespace skiff::common {

// flock(2) on a file of our own. Held until destruction; released by the kernel when the holder dies.
class FileLock {
 public:
  enum class Mode { kShared, kExclusive };

  // Creates the file if absent and waits for the lock.
  static Result<FileLock> Acquire(const std::string& path, Mode mode = Mode::kExclusive);
  // kBusy when another process holds it.
  static Result<FileLock> TryAcquire(const std::string& path, Mode mode = Mode::kExclusive);

  // The descriptor that carries the lock; a child that inherits it holds the lock too.
  int fd() const { return fd_.get(); }

 private:
  explicit FileLock(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace skiff::common
