#include "pod/supervisor/container_root.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <vector>

#include "common/file.h"
#include "common/user_namespace.h"
#include "pod/supervisor/sub_path.h"

namespace skiff::supervisor {

using common::ErrnoError;
using common::Result;
using common::UniqueFd;

namespace {

// mount(2) takes one page of options, and a hundred layer paths do not fit: they are named by descriptor, which also does
// away with escaping.
std::string Describe(const UniqueFd& fd) { return fmt::format("/proc/self/fd/{}", fd.get()); }

// The overlay's root has the attributes of upper: those of the image's.
Result<> CopyAttributes(const std::string& from, const std::string& to) {
  struct stat info;
  if (::stat(from.c_str(), &info) != 0) return ErrnoError("stat {}", from);
  if (::chown(to.c_str(), info.st_uid, info.st_gid) != 0 || ::chmod(to.c_str(), info.st_mode & 07777) != 0)
    return ErrnoError("set owner and mode of {}", to);
  return {};
}

Result<> PrepareWritableLayer(const ContainerPlan& plan) {
  const std::string upper = plan.writable_dir + "/upper";
  const std::string work = plan.writable_dir + "/work";
  if (plan.persist_writable && common::PathExists(upper)) return common::MakeDirectories(work, 0700);
  TRY(common::RemoveTree(upper));
  TRY(common::RemoveTree(work));
  TRY(common::MakeDirectories(upper));
  TRY(common::MakeDirectories(work, 0700));
  if (!plan.lower_dirs.empty()) TRY(CopyAttributes(plan.lower_dirs.front(), upper));
  return {};
}

Result<> MountOverlay(const ContainerPlan& plan) {
  std::vector<std::string> layers = plan.lower_dirs;
  if (layers.empty()) {  // an image without layers: overlayfs wants one
    layers.push_back(plan.writable_dir + "/empty");
    TRY(common::MakeDirectories(layers.back()));
  }
  std::vector<UniqueFd> open;
  std::string options = "lowerdir=";
  for (const auto& layer : layers) {
    ASSIGN_OR_RETURN(UniqueFd fd, common::Open(layer, O_PATH | O_DIRECTORY), "image layer");
    if (!open.empty()) options += ':';
    options += Describe(fd);
    open.push_back(std::move(fd));
  }
  ASSIGN_OR_RETURN(const UniqueFd upper, common::Open(plan.writable_dir + "/upper", O_PATH | O_DIRECTORY));
  ASSIGN_OR_RETURN(const UniqueFd work, common::Open(plan.writable_dir + "/work", O_PATH | O_DIRECTORY));
  options += fmt::format(",upperdir={},workdir={}", Describe(upper), Describe(work));
  // A layer that is thrown away at the next start need not be synced to the disk at unmounting.
  if (!plan.persist_writable) options += ",volatile";
  // In a user namespace there are no other attributes to note down what the writable layer hides.
  if (common::UserNamespace::Current()) options += ",userxattr";
  TRY(common::MakeDirectories(plan.rootfs));
  if (::mount("overlay", plan.rootfs.c_str(), "overlay", 0, options.c_str()) != 0)
    return ErrnoError("mount overlay of {} layers at {} (the kernel's log says more: dmesg)", layers.size(), plan.rootfs);
  return {};
}

Result<> Unmount(const std::string& path) {
  if (::umount2(path.c_str(), UMOUNT_NOFOLLOW) == 0 || errno == EINVAL || errno == ENOENT) return {};
  // Something still looks at it; it goes when that ends.
  if (errno == EBUSY && ::umount2(path.c_str(), UMOUNT_NOFOLLOW | MNT_DETACH) == 0) return {};
  return ErrnoError("unmount {}", path);
}

Result<> MountAll(const ContainerPlan& plan) {
  TRY(PrepareWritableLayer(plan));
  TRY(MountOverlay(plan));
  for (const auto& sub_path : plan.sub_paths) TRY(BindSubPath(sub_path), "failed to prepare subPath");
  if (!plan.termination_message_file.empty()) TRY(common::WriteFile(plan.termination_message_file, "", 0666));
  return {};
}

}  // namespace

Result<> MountContainerRoot(const ContainerPlan& plan) {
  auto mounted = MountAll(plan);
  if (mounted) return mounted;
  auto unmounted = UnmountContainerRoot(plan);
  if (!unmounted) return std::move(mounted).error().AlsoFailed(unmounted.error());
  return mounted;
}

Result<> UnmountContainerRoot(const ContainerPlan& plan) {
  Result<> first;
  for (const auto& sub_path : plan.sub_paths)
    if (auto done = Unmount(sub_path.target); !done && first) first = std::move(done);
  if (auto done = Unmount(plan.rootfs); !done && first) first = std::move(done);
  return first;
}

}  // namespace skiff::supervisor
