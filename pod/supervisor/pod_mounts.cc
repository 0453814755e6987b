#include "pod/supervisor/pod_mounts.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/mount.h>

#include <cerrno>

#include "common/file.h"
#include "common/process.h"

namespace skiff::supervisor {

using common::ErrnoError;
using common::Result;

namespace {

Result<> MountTmpfs(const TmpfsPlan& volume, unsigned long flags) {
  std::string options = fmt::format("mode={:o}", volume.mode);
  if (volume.size > 0) options += fmt::format(",size={}", volume.size);
  if (volume.gid >= 0) options += fmt::format(",gid={}", volume.gid);
  TRY(common::MakeDirectories(volume.path));
  if (::mount("tmpfs", volume.path.c_str(), "tmpfs", MS_NOSUID | MS_NODEV | flags, options.c_str()) != 0)
    return ErrnoError("mount tmpfs ({}) at {}", options, volume.path);
  return {};
}

Result<> MountSharedMemory(const PodPlan& plan) {
  if (plan.shm_dir.empty()) return {};
  return MountTmpfs({plan.shm_dir, plan.shm_size, 01777, -1}, MS_NOEXEC);
}

Result<std::string> RealProgram(const PodPlan& plan) {
  ASSIGN_OR_RETURN(const std::string program, common::FindProgram(plan.runtime));
  char resolved[PATH_MAX];
  if (::realpath(program.c_str(), resolved) == nullptr) return ErrnoError("resolve {}", program);
  return std::string(resolved);
}

std::string RuntimeTarget(const PodPlan& plan, const std::string& program) {
  return plan.run_dir + "/runtime-program/" + program.substr(program.rfind('/') + 1);
}

}  // namespace

Result<> MountPodVolumes(const PodPlan& plan) {
  for (const auto& volume : plan.tmpfs) TRY(MountTmpfs(volume, 0));
  return MountSharedMemory(plan);
}

Result<> RenewSharedMemory(const PodPlan& plan) {
  if (!plan.shm_dir.empty() && ::umount2(plan.shm_dir.c_str(), MNT_DETACH) != 0 && errno != EINVAL)
    return ErrnoError("unmount {}", plan.shm_dir);
  return MountSharedMemory(plan);
}

void TryUnmountPodVolumes(const PodPlan& plan) {
  for (const auto& volume : plan.tmpfs) ::umount2(volume.path.c_str(), MNT_DETACH);
  if (!plan.shm_dir.empty()) ::umount2(plan.shm_dir.c_str(), MNT_DETACH);
  if (const auto runtime = MountedRuntime(plan)) ::umount2(runtime->c_str(), MNT_DETACH);
}

Result<std::string> MountRuntime(const PodPlan& plan) {
  ASSIGN_OR_RETURN(const std::string program, RealProgram(plan));
  const std::string target = RuntimeTarget(plan, program);
  TRY(common::MakeDirectories(target.substr(0, target.rfind('/'))));
  TRY(common::Open(target, O_WRONLY | O_CREAT));
  if (::mount(program.c_str(), target.c_str(), nullptr, MS_BIND, nullptr) != 0)
    return ErrnoError("bind {} to {}", program, target);
  if (::mount(nullptr, target.c_str(), nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr) != 0)
    return ErrnoError("make {} read-only", target);
  return target;
}

Result<std::string> MountedRuntime(const PodPlan& plan) {
  ASSIGN_OR_RETURN(const std::string program, RealProgram(plan));
  return RuntimeTarget(plan, program);
}

}  // namespace skiff::supervisor
