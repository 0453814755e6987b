#include "kube/object_locks.h"

#include <fcntl.h>

#include <cerrno>
#include <functional>

#include "common/file.h"

namespace skiff::kube {

common::Result<ObjectLocks> ObjectLocks::Acquire(const std::string& file, const std::set<ObjectKey>& keys) {
  ASSIGN_OR_RETURN(common::UniqueFd fd, common::Open(file, O_RDWR | O_CREAT, 0600));
  // Two objects that share a place only wait for each other without need. Ascending order rules out a deadlock.
  std::set<off_t> places;
  for (const ObjectKey& key : keys) places.insert(static_cast<off_t>(std::hash<std::string>()(key.ToString()) >> 2));
  for (const off_t place : places) {
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    lock.l_start = place;
    lock.l_len = 1;
    while (::fcntl(fd.get(), F_OFD_SETLKW, &lock) != 0) {
      if (errno != EINTR) return common::ErrnoError("lock {}", file);
    }
  }
  return ObjectLocks(std::move(fd));
}

}  // namespace skiff::kube
