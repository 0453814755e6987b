#include "pod/launch/image_content.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <thread>

#include "common/file.h"
#include "common/user_namespace.h"
#include "pod/volume/tree_copy.h"

namespace skiff::pod {
namespace {

using common::ErrnoError;
using common::Result;
using common::UniqueFd;

// The merged image, mounted where only this thread sees it.
Result<UniqueFd> MountImage(const std::vector<std::string>& lower_dirs) {
  if (lower_dirs.size() == 1) return common::Open(lower_dirs.front(), O_PATH | O_DIRECTORY);
  if (::unshare(CLONE_NEWNS) != 0) return ErrnoError("unshare mount namespace");
  if (::mount("", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return ErrnoError("make mounts private");
  std::string options = "lowerdir=";
  for (const std::string& directory : lower_dirs) options += directory + ":";
  options.pop_back();
  if (common::UserNamespace::Current()) options += ",userxattr";
  // Any directory serves as mount point: the namespace ends with the thread.
  if (::mount("overlay", "/mnt", "overlay", MS_RDONLY, options.c_str()) != 0) return ErrnoError("mount the image");
  return common::Open("/mnt", O_PATH | O_DIRECTORY);
}

// Absent: the image has no folder there. Links are resolved inside the image.
Result<UniqueFd> OpenInside(int root, const std::string& path) {
  open_how how{};
  how.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT;
  const long fd = ::syscall(SYS_openat2, root, path.c_str(), &how, sizeof(how));
  if (fd >= 0) return UniqueFd(static_cast<int>(fd));
  if (errno == ENOENT || errno == ENOTDIR) return UniqueFd();
  return ErrnoError("open {} in the image", path);
}

Result<> CopyOut(int root, const std::string& path, const UniqueFd& target) {
  ASSIGN_OR_RETURN(const UniqueFd source, OpenInside(root, path));
  if (!source) return {};
  return CopyTree("/proc/self/fd/" + std::to_string(source.get()), "/proc/self/fd/" + std::to_string(target.get()));
}

}  // namespace

Result<> FillFromImage(const std::vector<std::string>& lower_dirs, const std::string& path, const std::string& target) {
  ASSIGN_OR_RETURN(const auto present, common::ListDirectory(target));
  if (!present.empty()) return {};
  // Opened before the thread hides the host's mounts.
  ASSIGN_OR_RETURN(const UniqueFd target_fd, common::Open(target, O_RDONLY | O_DIRECTORY));
  TRY(WithMergedLayers(lower_dirs, [&](int root) { return CopyOut(root, path, target_fd); }),
      "fill the volume for {} from the image", path);
  return {};
}

Result<> WithMergedLayers(const std::vector<std::string>& lower_dirs, const std::function<Result<>(int directory)>& work) {
  Result<> done;
  // A thread may have a mount namespace of its own; it is gone when the thread ends.
  std::thread([&] {
    const auto root = MountImage(lower_dirs);
    done = root ? work(root->get()) : Result<>(root.error());
  }).join();
  return done;
}

}  // namespace skiff::pod
