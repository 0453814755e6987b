#include "kube/play/object_locks.h"

#include <fcntl.h>

#include <cerrno>
#include <functional>

#include "common/file.h"

namespace skiff::kube {

namespace {

// Two objects that share a place only wait for each other without need.
off_t PlaceOf(const ObjectKey& key) { return static_cast<off_t>(std::hash<std::string>()(key.ToString()) >> 2); }

// errno, 0 for success.
int LockPlace(int fd, off_t place, int command) {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = place;
  lock.l_len = 1;
  while (::fcntl(fd, command, &lock) != 0) {
    if (errno != EINTR) return errno;
  }
  return 0;
}

}  // namespace

common::Result<ObjectLocks> ObjectLocks::Acquire(const std::string& file, const std::set<ObjectKey>& keys) {
  ASSIGN_OR_RETURN(common::UniqueFd fd, common::Open(file, O_RDWR | O_CREAT, 0600));
  // Ascending order rules out a deadlock.
  std::set<off_t> places;
  for (const ObjectKey& key : keys) places.insert(PlaceOf(key));
  for (const off_t place : places) {
    if (const int error = LockPlace(fd.get(), place, F_OFD_SETLKW)) return common::Error::FromErrno(error, "lock " + file);
  }
  return ObjectLocks(std::move(fd));
}

common::Result<ObjectLocks> ObjectLocks::TryAcquire(const std::string& file, const ObjectKey& key) {
  ASSIGN_OR_RETURN(common::UniqueFd fd, common::Open(file, O_RDWR | O_CREAT, 0600));
  const int error = LockPlace(fd.get(), PlaceOf(key), F_OFD_SETLK);
  if (error == EAGAIN || error == EACCES)
    return common::MakeError(common::ErrorCode::kBusy, "{} is being played or taken down", key.ToString());
  if (error != 0) return common::Error::FromErrno(error, "lock " + file);
  return ObjectLocks(std::move(fd));
}

}  // namespace skiff::kube
