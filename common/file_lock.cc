#include "common/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>

#include "common/file.h"

namespace skiff::common {
namespace {

Result<UniqueFd> Lock(const std::string& path, FileLock::Mode mode, int flags) {
  ASSIGN_OR_RETURN(UniqueFd fd, Open(path, O_RDWR | O_CREAT, 0600));
  const int operation = (mode == FileLock::Mode::kShared ? LOCK_SH : LOCK_EX) | flags;
  while (::flock(fd.get(), operation) != 0) {
    if (errno == EINTR) continue;
    return ErrnoError("lock {}", path);
  }
  return fd;
}

}  // namespace

Result<FileLock> FileLock::Acquire(const std::string& path, Mode mode) {
  ASSIGN_OR_RETURN(UniqueFd fd, Lock(path, mode, 0));
  return FileLock(std::move(fd));
}

Result<FileLock> FileLock::TryAcquire(const std::string& path, Mode mode) {
  ASSIGN_OR_RETURN(UniqueFd fd, Lock(path, mode, LOCK_NB));
  return FileLock(std::move(fd));
}

}  // namespace skiff::common
