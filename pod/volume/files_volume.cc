#include "pod/volume/files_volume.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <set>

#include "common/clock.h"
#include "common/file.h"
#include "common/ids.h"

namespace skiff::pod {
namespace {

using common::ErrnoError;
using common::ErrorCode;
using common::MakeError;
using common::Result;

constexpr char kData[] = "..data";
constexpr char kNewData[] = "..data_tmp";

std::string FirstComponent(const std::string& path) { return path.substr(0, path.find('/')); }

bool StaysInside(const std::string& path) {
  if (path.empty() || path.starts_with('/') || path.starts_with("..")) return false;
  for (size_t begin = 0; begin <= path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    const std::string component = path.substr(begin, end - begin);
    if (component.empty() || component == "." || component == "..") return false;
    begin = end + 1;
  }
  return true;
}

// Ownership and mode, whatever the umask.
Result<> SetAccess(const std::string& path, uint32_t mode, std::optional<int64_t> group) {
  if (group && ::lchown(path.c_str(), static_cast<uid_t>(-1), static_cast<gid_t>(*group)) != 0) {
    return ErrnoError("chown {}", path);
  }
  if (::chmod(path.c_str(), mode) != 0) return ErrnoError("chmod {}", path);
  return {};
}

Result<> MakeDirectory(const std::string& path, std::optional<int64_t> group) {
  if (::mkdir(path.c_str(), 0755) != 0) {
    if (errno == EEXIST) return {};
    return ErrnoError("mkdir {}", path);
  }
  return SetAccess(path, group ? 02775 : 0755, group);
}

Result<> WriteOne(const std::string& root, const FilesVolume::File& file, std::optional<int64_t> group) {
  for (size_t slash = file.path.find('/'); slash != std::string::npos; slash = file.path.find('/', slash + 1)) {
    TRY(MakeDirectory(root + "/" + file.path.substr(0, slash), group));
  }
  const std::string path = root + "/" + file.path;
  TRY(common::WriteFile(path, file.content, 0600));
  return SetAccess(path, file.mode | (group ? 0440 : 0), group);
}

std::string DatedName() {
  std::string name = ".." + common::FormatTime(common::Now()) + "." + common::RandomHex(8);
  for (char& c : name) {
    if (c == '-' || c == ':' || c == 'T') c = '_';
  }
  std::erase(name, 'Z');
  return name;
}

Result<> ReplaceLink(const std::string& target, const std::string& path) {
  TRY(common::RemoveFile(path));
  if (::symlink(target.c_str(), path.c_str()) != 0) return ErrnoError("symlink {}", path);
  return {};
}

// Links for the first components, and nothing else but `dated` and ..data.
Result<> Tidy(const std::string& directory, const std::set<std::string>& wanted, const std::string& dated) {
  ASSIGN_OR_RETURN(const auto present, common::ListDirectory(directory));
  for (const std::string& name : wanted) {
    const std::string path = directory + "/" + name;
    const auto target = common::ReadLink(path);
    if (target && *target == std::string(kData) + "/" + name) continue;
    TRY(common::RemoveTree(path));
    TRY(ReplaceLink(std::string(kData) + "/" + name, path));
  }
  for (const std::string& name : present) {
    if (wanted.contains(name) || name == dated || name == kData) continue;
    TRY(common::RemoveTree(directory + "/" + name));
  }
  return {};
}

}  // namespace

Result<> WriteFilesVolume(const std::string& directory, const std::vector<FilesVolume::File>& files,
                          std::optional<int64_t> fs_group) {
  std::set<std::string> first_components;
  for (const FilesVolume::File& file : files) {
    if (!StaysInside(file.path)) {
      return MakeError(ErrorCode::kInvalid, "the path \"{}\" of a file leaves its volume", file.path);
    }
    first_components.insert(FirstComponent(file.path));
  }
  TRY(common::MakeDirectories(directory));
  TRY(SetAccess(directory, fs_group ? 02775 : 0755, fs_group));
  const std::string dated = DatedName();
  TRY(MakeDirectory(directory + "/" + dated, fs_group));
  for (const FilesVolume::File& file : files) TRY(WriteOne(directory + "/" + dated, file, fs_group));
  TRY(ReplaceLink(dated, directory + "/" + kNewData));
  if (::rename((directory + "/" + kNewData).c_str(), (directory + "/" + kData).c_str()) != 0) {
    return ErrnoError("rename {}/{}", directory, kData);
  }
  return Tidy(directory, first_components, dated);
}

}  // namespace skiff::pod
