#include "pod/supervisor/network_namespace.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>

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
  const Way way = same ? Way::kSame : ::setns(own.get(), CLONE_NEWNET) == 0 ? Way::kThereAndBack : Way::kByThread;
  return NetworkNamespace(std::move(own), std::move(target), way);
}

Result<UniqueFd> NetworkNamespace::Socket(int family, int type) const {
  if (way_ == Way::kByThread) return SocketByThread(family, type);
  const bool same = way_ == Way::kSame;
  if (!same && ::setns(target_.get(), CLONE_NEWNET) != 0) return ErrnoError("enter the pod's network namespace");
  UniqueFd socket(::socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int failure = errno;
  if (!same && ::setns(own_.get(), CLONE_NEWNET) != 0) ::_exit(1);  // the reaper starts us again, outside
  errno = failure;
  if (!socket) return ErrnoError("open a socket");
  return socket;
}

Result<UniqueFd> NetworkNamespace::SocketByThread(int family, int type) const {
  Result<UniqueFd> socket;
  std::thread([&] {
    if (::setns(target_.get(), CLONE_NEWNET) != 0) {
      socket = ErrnoError("enter the pod's network namespace");
      return;
    }
    socket = UniqueFd(::socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!*socket) socket = ErrnoError("open a socket");
  }).join();
  return socket;
}

}  // namespace skiff::supervisor
