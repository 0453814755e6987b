#include "pod/supervisor/mount_namespace.h"

#include <sched.h>
#include <sys/mount.h>

#include <string>

namespace skiff::supervisor {

using common::ErrnoError;
using common::Result;

namespace {

// A mount that is bound to itself and private: what is mounted below it has no peers.
Result<> MakePrivateDirectory(const std::string& path) {
  if (::mount(path.c_str(), path.c_str(), nullptr, MS_BIND | MS_REC, nullptr) != 0)
    return ErrnoError("bind {} to itself", path);
  if (::mount(nullptr, path.c_str(), nullptr, MS_PRIVATE | MS_REC, nullptr) != 0)
    return ErrnoError("make mount {} private", path);
  return {};
}

}  // namespace

Result<> EnterPodMountNamespace(const PodPlan& plan) {
  if (::unshare(CLONE_NEWNS) != 0) return ErrnoError("create a mount namespace");
  if (!plan.shared_propagation && ::mount(nullptr, "/", nullptr, MS_SLAVE | MS_REC, nullptr) != 0)
    return ErrnoError("make mounts slaves of the host's");
  TRY(MakePrivateDirectory(plan.run_dir));
  TRY(MakePrivateDirectory(plan.state_dir));
  return {};
}

void TryLeavePodDirectories(const PodPlan& plan) {
  ::umount2(plan.state_dir.c_str(), MNT_DETACH);
  ::umount2(plan.run_dir.c_str(), MNT_DETACH);
}

}  // namespace skiff::supervisor
