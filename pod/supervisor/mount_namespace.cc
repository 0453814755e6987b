#include "pod/supervisor/mount_namespace.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>

#include <string>

#include "common/file.h"

namespace skiff::supervisor {

using common::ErrnoError;
using common::Result;
using common::UniqueFd;

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

Result<UniqueFd> OwnMountNamespace() { return common::Open("/proc/self/ns/mnt", O_RDONLY); }

Result<UniqueFd> FindPodMountNamespace(pid_t infra) {
  const std::string directory = fmt::format("/proc/{}/fd", infra);
  ASSIGN_OR_RETURN(const auto names, common::ListDirectory(directory));
  for (const std::string& name : names) {
    const std::string path = common::JoinPath(directory, name);
    const auto link = common::ReadLink(path);
    if (link && link->starts_with("mnt:[")) return common::Open(path, O_RDONLY);
  }
  return common::MakeError(common::ErrorCode::kNotFound, "process {} does not hold the pod's mount namespace", infra);
}

Result<> JoinPodMountNamespace(const UniqueFd& mounts) {
  if (::setns(mounts.get(), CLONE_NEWNS) != 0) return ErrnoError("enter the pod's mount namespace");
  return {};
}

void TryLeavePodDirectories(const PodPlan& plan) {
  ::umount2(plan.state_dir.c_str(), MNT_DETACH);
  ::umount2(plan.run_dir.c_str(), MNT_DETACH);
}

}  // namespace skiff::supervisor
