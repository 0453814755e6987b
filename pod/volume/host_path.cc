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

Result<> PrepareHostPath(const HostPathVolume& volume) {
  struct stat info {};
  const bool exists = ::stat(volume.path.c_str(), &info) == 0;
  if (volume.type.empty()) return exists ? Result<>() : common::MakeDirectories(volume.path);
  for (const TypeRule& rule : kTypes) {
    if (rule.type != volume.type) continue;
    if (!exists && volume.type == "DirectoryOrCreate") return common::MakeDirectories(volume.path);
    if (!exists && volume.type == "FileOrCreate") return CreateFile(volume.path);
    if (exists && (info.st_mode & S_IFMT) == rule.format) return {};
    return MakeError(ErrorCode::kInvalid, "hostPath type check failed: {} is not a {}", volume.path, rule.noun);
  }
  return MakeError(ErrorCode::kInvalid, "hostPath {}: unknown type \"{}\"", volume.path, volume.type);
}

}  // namespace skiff::pod
