#include "pod/supervisor/sub_path.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "common/file.h"

namespace skiff::supervisor {

using common::ErrnoError;
using common::Result;
using common::UniqueFd;

namespace {

// -1 with errno. The kernel itself keeps the resolution below `root`, whatever is renamed meanwhile.
UniqueFd OpenBeneath(int root, const std::string& path) {
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  return UniqueFd(static_cast<int>(::syscall(SYS_openat2, root, path.c_str(), &how, sizeof how)));
}

// Opens `path` below root, creating the directories that are missing.
Result<UniqueFd> OpenOrCreate(int root, const std::string& path, mode_t mode) {
  UniqueFd parent = OpenBeneath(root, ".");
  for (size_t end = 0; end != std::string::npos;) {
    const size_t begin = end == 0 ? 0 : end + 1;
    end = path.find('/', begin);
    const std::string prefix = path.substr(0, end);
    const std::string name = path.substr(begin, end == std::string::npos ? end : end - begin);
    if (name.empty()) continue;
    UniqueFd fd = OpenBeneath(root, prefix);
    if (!fd && errno == ENOENT) {
      if (::mkdirat(parent.get(), name.c_str(), mode) != 0 && errno != EEXIST) return ErrnoError("create {}", prefix);
      fd = OpenBeneath(root, prefix);
      // The mode of the volume counts, not our umask.
      if (fd) ::chmod(fmt::format("/proc/self/fd/{}", fd.get()).c_str(), mode);
    }
    if (!fd && errno == EXDEV)
      return common::MakeError(common::ErrorCode::kInvalid, "{} leads out of the volume through a symbolic link", prefix);
    if (!fd) return ErrnoError("open {}", prefix);
    parent = std::move(fd);
  }
  return parent;
}

Result<> MakeTarget(const std::string& target, bool directory) {
  if (directory) return common::MakeDirectories(target);
  TRY(common::MakeDirectories(target.substr(0, target.rfind('/'))));
  TRY(common::Open(target, O_WRONLY | O_CREAT));
  return {};
}

}  // namespace

Result<> BindSubPath(const SubPath& sub_path) {
  ASSIGN_OR_RETURN(const UniqueFd root, common::Open(sub_path.volume_dir, O_PATH | O_DIRECTORY));
  struct stat info;
  if (::fstat(root.get(), &info) != 0) return ErrnoError("stat {}", sub_path.volume_dir);
  ASSIGN_OR_RETURN(const UniqueFd found, OpenOrCreate(root.get(), sub_path.sub_path, info.st_mode & 07777), "subPath {}",
                   sub_path.sub_path);
  if (::fstat(found.get(), &info) != 0) return ErrnoError("stat subPath {}", sub_path.sub_path);
  TRY(MakeTarget(sub_path.target, S_ISDIR(info.st_mode)));
  const std::string source = fmt::format("/proc/self/fd/{}", found.get());
  if (::mount(source.c_str(), sub_path.target.c_str(), nullptr, MS_BIND | MS_REC, nullptr) != 0)
    return ErrnoError("bind subPath {} to {}", sub_path.sub_path, sub_path.target);
  return {};
}

}  // namespace skiff::supervisor
