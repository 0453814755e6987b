#include "pod/volume/host_path.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>

#include "common/file.h"

namespace skiff::pod {
namespace {

using common::ErrorCode;
using common::MakeError;
using common::Result;

struct TypeRule {
  std::string_view type;
  mode_t format;
  std::string_view noun;
};
constexpr std::array<TypeRule, 7> kTypes = {{
    {"DirectoryOrCreate", S_IFDIR, "directory"},
    {"Directory", S_IFDIR, "directory"},
    {"FileOrCreate", S_IFREG, "file"},
    {"File", S_IFREG, "file"},
    {"Socket", S_IFSOCK, "socket file"},
    {"CharDevice", S_IFCHR, "character device"},
    {"BlockDevice", S_IFBLK, "block device"},
}};

Result<> CreateFile(const std::string& path) {
  const auto created = common::Open(path, O_WRONLY | O_CREAT | O_EXCL, 0644);
  if (!created && created.error().code() != ErrorCode::kExists) return created.error();
  return {};
}

}  // namespace

// False: it is not there and to be made.
Result<bool> CheckHostPath(const HostPathVolume& volume) {
  struct stat info {};
  const bool exists = ::stat(volume.path.c_str(), &info) == 0;
  if (volume.type.empty()) return exists;
  for (const TypeRule& rule : kTypes) {
    if (rule.type != volume.type) continue;
    if (!exists && volume.type.ends_with("OrCreate")) return false;
    if (exists && (info.st_mode & S_IFMT) == rule.format) return true;
    return MakeError(ErrorCode::kInvalid, "hostPath type check failed: {} is not a {}", volume.path, rule.noun);
  }
  return MakeError(ErrorCode::kInvalid, "hostPath {}: unknown type \"{}\"", volume.path, volume.type);
}

Result<> PrepareHostPath(const HostPathVolume& volume) {
  ASSIGN_OR_RETURN(const bool exists, CheckHostPath(volume));
  if (exists) return {};
  return volume.type == "FileOrCreate" ? CreateFile(volume.path) : common::MakeDirectories(volume.path);
}

}  // namespace skiff::pod
