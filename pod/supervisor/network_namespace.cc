#include "pod/supervisor/network_namespace.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file.h"

namespace skiff::supervisor {

using common::ErrnoError;
using common::Result;
using common::UniqueFd;

Result<NetworkNamespace> NetworkNamespace::Of(pid_t pid) {
  ASSIGN_OR_RETURN(UniqueFd own, common::Open("/proc/self/ns/net", O_RDONLY));
  ASSIGN_OR_RETURN(UniqueFd target, common::Open(fmt::format("/proc/{}/ns/net", pid), O_RDONLY));
  struct stat mine;
  struct stat theirs;
  if (::fstat(own.get(), &mine) != 0 || ::fstat(target.get(), &theirs) != 0) return ErrnoError("look at namespaces");
  const bool same = mine.st_ino == theirs.st_ino && mine.st_dev == theirs.st_dev;
  return NetworkNamespace(std::move(own), std::move(target), same);
}

Result<UniqueFd> NetworkNamespace::Socket(int family, int type) const {
  if (!same_ && ::setns(target_.get(), CLONE_NEWNET) != 0) return ErrnoError("enter the pod's network namespace");
  UniqueFd socket(::socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int failure = errno;
  if (!same_ && ::setns(own_.get(), CLONE_NEWNET) != 0) ::_exit(1);  // the reaper starts us again, outside
  errno = failure;
  if (!socket) return ErrnoError("open a socket");
  return socket;
}

}  // namespace skiff::supervisor
