#include "image/storage_lock.h"

#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>

#include "common/clock.h"
#include "common/file.h"

namespace skiff::image {

using common::ErrnoError;
using common::Result;

Result<StorageLock> StorageLock::Acquire(const std::string& path, Mode mode) {
  ASSIGN_OR_RETURN(common::UniqueFd fd, common::Open(path, O_RDWR | O_CREAT, 0644));
  struct flock lock = {};
  lock.l_type = mode == Mode::kShared ? F_RDLCK : F_WRLCK;
  lock.l_whence = SEEK_SET;
  while (::fcntl(fd.get(), F_OFD_SETLKW, &lock) != 0)
    if (errno != EINTR) return ErrnoError("lock {}", path);
  return StorageLock(std::move(fd), path);
}

Result<> StorageLock::AnnounceChange() {
  // Unix nanoseconds, a counter (both 64 bits), the process (32 bits), then random bytes up to 64.
  static std::atomic<uint64_t> counter{0};
  std::array<char, 64> token;
  const uint64_t now = static_cast<uint64_t>(common::Now().time_since_epoch().count());
  const uint64_t count = ++counter;
  const uint32_t pid = static_cast<uint32_t>(::getpid());
  std::memcpy(token.data(), &now, 8);
  std::memcpy(token.data() + 8, &count, 8);
  std::memcpy(token.data() + 16, &pid, 4);
  if (::getrandom(token.data() + 20, 44, 0) != 44) return ErrnoError("getrandom");
  if (::pwrite(fd_.get(), token.data(), token.size(), 0) != static_cast<ssize_t>(token.size()))
    return ErrnoError("write {}", path_);
  return {};
}

}  // namespace skiff::image
