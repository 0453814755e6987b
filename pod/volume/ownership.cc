#include "pod/volume/ownership.h"

#include <sys/stat.h>
#include <unistd.h>

#include "common/file.h"

namespace skiff::pod {
namespace {

using common::ErrnoError;
using common::Result;

constexpr mode_t kFileBits = 0660;
constexpr mode_t kDirectoryBits = 0660 | 0110 | S_ISGID;

Result<> ApplyToOne(const std::string& path, const struct stat& info, gid_t group) {
  if (::lchown(path.c_str(), static_cast<uid_t>(-1), group) != 0) return ErrnoError("chown {}", path);
  if (S_ISLNK(info.st_mode)) return {};
  const mode_t mode = (info.st_mode & 07777) | (S_ISDIR(info.st_mode) ? kDirectoryBits : kFileBits);
  if (::chmod(path.c_str(), mode) != 0) return ErrnoError("chmod {}", path);
  return {};
}

Result<> ApplyBelow(const std::string& path, gid_t group) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return ErrnoError("stat {}", path);
  if (S_ISDIR(info.st_mode)) {
    ASSIGN_OR_RETURN(const auto names, common::ListDirectory(path));
    for (const std::string& name : names) TRY(ApplyBelow(path + "/" + name, group));
  }
  // The top last: a run that is cut short does not look finished to on_root_mismatch.
  return ApplyToOne(path, info, group);
}

}  // namespace

Result<> ApplyFsGroup(const std::string& directory, gid_t group, bool on_root_mismatch) {
  struct stat info {};
  if (::stat(directory.c_str(), &info) != 0) return ErrnoError("stat {}", directory);
  if (on_root_mismatch && info.st_gid == group && (info.st_mode & kDirectoryBits) == kDirectoryBits) return {};
  return ApplyBelow(directory, group);
}

}  // namespace skiff::pod
