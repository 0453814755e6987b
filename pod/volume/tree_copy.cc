#include "pod/volume/tree_copy.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <vector>

#include "common/file.h"

namespace skiff::pod {
namespace {

using common::ErrnoError;
using common::Result;

Result<> CopyAttributes(const std::string& source, const std::string& target) {
  std::vector<char> names(64 * 1024);
  const ssize_t length = ::llistxattr(source.c_str(), names.data(), names.size());
  if (length < 0) return errno == ENOTSUP ? Result<>() : Result<>(ErrnoError("attributes of {}", source));
  std::vector<char> value(64 * 1024);
  for (const char* name = names.data(); name < names.data() + length; name += std::string_view(name).size() + 1) {
    if (std::string_view(name).starts_with("trusted.overlay.")) continue;
    const ssize_t size = ::lgetxattr(source.c_str(), name, value.data(), value.size());
    if (size < 0) return ErrnoError("attribute {} of {}", name, source);
    if (::lsetxattr(target.c_str(), name, value.data(), static_cast<size_t>(size), 0) != 0 && errno != ENOTSUP) {
      return ErrnoError("attribute {} of {}", name, target);
    }
  }
  return {};
}

// Owner before mode, as chown clears setuid; times last.
Result<> CopyMetadata(const std::string& source, const struct stat& info, const std::string& target) {
  if (::lchown(target.c_str(), info.st_uid, info.st_gid) != 0) return ErrnoError("chown {}", target);
  if (!S_ISLNK(info.st_mode) && ::chmod(target.c_str(), info.st_mode & 07777) != 0) return ErrnoError("chmod {}", target);
  TRY(CopyAttributes(source, target));
  const timespec times[2] = {info.st_atim, info.st_mtim};
  if (::utimensat(AT_FDCWD, target.c_str(), times, AT_SYMLINK_NOFOLLOW) != 0) return ErrnoError("times of {}", target);
  return {};
}

Result<> CopyFile(const std::string& source, const std::string& target) {
  ASSIGN_OR_RETURN(const common::UniqueFd in, common::Open(source, O_RDONLY | O_NOFOLLOW));
  ASSIGN_OR_RETURN(const common::UniqueFd out, common::Open(target, O_WRONLY | O_CREAT | O_EXCL, 0600));
  std::vector<char> buffer(256 * 1024);
  for (;;) {
    const ssize_t count = ::read(in.get(), buffer.data(), buffer.size());
    if (count == 0) return {};
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return ErrnoError("read {}", source);
    TRY(common::WriteAll(out.get(), {buffer.data(), static_cast<size_t>(count)}), "{}", target);
  }
}

Result<> CopyContent(const std::string& source, const std::string& target);

Result<> CopyEntry(const std::string& source, const std::string& target) {
  struct stat info {};
  if (::lstat(source.c_str(), &info) != 0) return ErrnoError("stat {}", source);
  if (S_ISDIR(info.st_mode)) {
    if (::mkdir(target.c_str(), 0700) != 0) return ErrnoError("mkdir {}", target);
    TRY(CopyContent(source, target));
  } else if (S_ISREG(info.st_mode)) {
    TRY(CopyFile(source, target));
  } else if (S_ISLNK(info.st_mode)) {
    ASSIGN_OR_RETURN(const std::string destination, common::ReadLink(source));
    if (::symlink(destination.c_str(), target.c_str()) != 0) return ErrnoError("symlink {}", target);
  } else if (::mknod(target.c_str(), info.st_mode, info.st_rdev) != 0) {
    return ErrnoError("mknod {}", target);
  }
  return CopyMetadata(source, info, target);
}

Result<> CopyContent(const std::string& source, const std::string& target) {
  ASSIGN_OR_RETURN(const auto names, common::ListDirectory(source));
  for (const std::string& name : names) TRY(CopyEntry(source + "/" + name, target + "/" + name));
  return {};
}

}  // namespace

Result<> CopyTree(const std::string& source, const std::string& target) {
  TRY(CopyContent(source, target));
  struct stat info {};
  // The source may be a link of /proc/self/fd.
  if (::stat(source.c_str(), &info) != 0) return ErrnoError("stat {}", source);
  return CopyMetadata(source, info, target);
}

}  // namespace skiff::pod
