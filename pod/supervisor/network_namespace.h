// Sockets inside the pod's network namespace without a process in it: a probe sees what the pod sees, and needs neither a
// route from the host nor anything in the image.
#pragma once

#include <sys/types.h>

#include "common/result.h"
#include "common/unique_fd.h"

namespace skiff::supervisor {

class NetworkNamespace {
 public:
  // That of a process: the pod's infra, which has the host's own when the pod is in the host's network.
  static common::Result<NetworkNamespace> Of(pid_t pid);

  // socket(2) in there, close-on-exec and non-blocking. The calling thread is in its own namespace again afterwards; where
  // that fails the program ends (it must not go on in the wrong one).
  common::Result<common::UniqueFd> Socket(int family, int type) const;

  int fd() const { return target_.get(); }

 private:
  // In a user namespace the machine's own network cannot be entered again, only left by a thread that ends.
  enum class Way { kSame, kThereAndBack, kByThread };
  NetworkNamespace(common::UniqueFd own, common::UniqueFd target, Way way)
      : own_(std::move(own)), target_(std::move(target)), way_(way) {}
  common::Result<common::UniqueFd> SocketByThread(int family, int type) const;

  common::UniqueFd own_;
  common::UniqueFd target_;
  Way way_;
};

}  // namespace skiff::supervisor
