#include "image/transfer/extractor.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "common/file.h"

namespace skiff::image {
namespace {

using common::ErrnoError;
using common::ErrorCode;
using common::MakeError;
using common::Result;
using common::UniqueFd;
using Type = TarEntry::Type;

constexpr std::string_view kWhiteoutPrefix = ".wh.";
constexpr std::string_view kWhiteoutMetaPrefix = ".wh..wh.";
constexpr std::string_view kOpaqueMarker = ".wh..wh..opq";
constexpr uint64_t kInside = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;

UniqueFd OpenInside(int root, const std::string& path, uint64_t flags) {
  open_how how = {};
  how.flags = flags | O_CLOEXEC;
  how.resolve = kInside;
  long fd;
  do fd = ::syscall(SYS_openat2, root, path.c_str(), &how, sizeof how);
  while (fd < 0 && errno == EAGAIN);  // a rename elsewhere raced with ".."
  return UniqueFd(static_cast<int>(fd));
}

std::string ProcPath(int fd) { return fmt::format("/proc/self/fd/{}", fd); }
std::string ProcPath(int parent, const std::string& name) { return fmt::format("/proc/self/fd/{}/{}", parent, name); }

std::string DirName(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}
std::string BaseName(const std::string& path) { return path.substr(path.rfind('/') + 1); }

mode_t NodeType(Type type) {
  switch (type) {
    case Type::kCharDevice: return S_IFCHR;
    case Type::kBlockDevice: return S_IFBLK;
    default: return S_IFIFO;
  }
}

bool IsWhiteout(const struct stat& info) { return S_ISCHR(info.st_mode) && info.st_rdev == 0; }

// podman gives what is older than 1970 that time.
timespec TimeOf(const TarEntry& entry) { return entry.mtime.tv_sec < 0 ? timespec{} : entry.mtime; }

// Only what differs: of a small file, changing what is so already would be a fourth of its cost.
Result<> SetOwnerAndMode(int fd, const TarEntry& entry) {
  struct stat info;
  if (::fstat(fd, &info) != 0) return ErrnoError("stat");
  if (info.st_uid != entry.uid || info.st_gid != entry.gid) {
    if (::fchown(fd, entry.uid, entry.gid) != 0) return ErrnoError("change owner");
    info.st_mode &= ~mode_t{S_ISUID | S_ISGID};  // a new owner takes them away
  }
  if ((info.st_mode & 07777) != entry.mode && ::fchmod(fd, entry.mode) != 0) return ErrnoError("change mode");
  return {};
}

// Whoever writes overlayfs' own attributes could redirect its look-ups, and labels are this machine's to give.
bool IsRefusedXattr(const std::string& name) {
  return name.rfind("trusted.overlay.", 0) == 0 || name.rfind("user.overlay.", 0) == 0 || name == "security.selinux";
}

}  // namespace

Result<std::string> CleanEntryPath(std::string_view path) {
  std::vector<std::string_view> parts;
  const std::string_view whole = path;
  while (!path.empty()) {
    const size_t slash = std::min(path.find('/'), path.size());
    const std::string_view part = path.substr(0, slash);
    path.remove_prefix(std::min(slash + 1, path.size()));
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      parts.push_back(part);
    } else if (parts.empty()) {
      return MakeError(ErrorCode::kInvalid, "the entry \"{}\" leads out of the layer", whole);
    } else {
      parts.pop_back();
    }
  }
  std::string clean;
  for (const auto& part : parts) clean += (clean.empty() ? "" : "/") + std::string(part);
  return clean.empty() ? "." : clean;
}

Result<Extractor> Extractor::Open(const std::string& directory, bool user_xattrs) {
  ASSIGN_OR_RETURN(UniqueFd root, common::Open(directory, O_PATH | O_DIRECTORY));
  return Extractor(std::move(root), user_xattrs);
}

bool Extractor::KeepsContent(const std::string& path) {
  return path != "." && BaseName(path).rfind(kWhiteoutPrefix, 0) != 0;
}

Result<> Extractor::Add(const TarEntry& entry, const Content& content) {
  ASSIGN_OR_RETURN(const std::string path, CleanEntryPath(entry.name));
  // The root's mode and owner are the store's, not the archive's.
  if (path == ".") return {};
  const std::string name = BaseName(path);
  if (name == kOpaqueMarker) return MarkOpaque(DirName(path));
  if (name.rfind(kWhiteoutMetaPrefix, 0) == 0) return {};
  if (name.rfind(kWhiteoutPrefix, 0) == 0)
    return AddWhiteout(DirName(path), name.substr(kWhiteoutPrefix.size()), entry);

  uids_.insert(entry.uid);
  gids_.insert(entry.gid);
  ASSIGN_OR_RETURN(const int parent, ParentOf(DirName(path)), "\"{}\"", path);
  if (entry.type == Type::kHardLink) return AddHardLink(parent, name, entry, path);
  if (entry.type == Type::kFile) {
    TRY(AddFile(parent, name, entry, content), "\"{}\"", path);
    return {};
  }
  ASSIGN_OR_RETURN(const bool over_whiteout, ClearPlace(parent, name, entry), "\"{}\"", path);
  switch (entry.type) {
    case Type::kDirectory:
      TRY(AddDirectory(parent, name, entry, path, over_whiteout), "\"{}\"", path);
      return {};
    case Type::kSymlink:
      if (::symlinkat(entry.link_name.c_str(), parent, name.c_str()) != 0) return ErrnoError("create symlink \"{}\"", path);
      break;
    default:
      TRY(AddNode(parent, name, entry), "\"{}\"", path);
      break;
  }
  TRY(SetAttributes(parent, name, entry), "\"{}\"", path);
  return {};
}

// By name, never following: the object may be a link or a device that must not be opened.
Result<> Extractor::SetAttributes(int parent, const std::string& name, const TarEntry& entry) {
  struct stat info;
  if (::fstatat(parent, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return ErrnoError("stat");
  if (info.st_uid != entry.uid || info.st_gid != entry.gid) {
    if (::fchownat(parent, name.c_str(), entry.uid, entry.gid, AT_SYMLINK_NOFOLLOW) != 0) return ErrnoError("change owner");
    info.st_mode &= ~mode_t{S_ISUID | S_ISGID};
  }
  if (!S_ISLNK(info.st_mode) && (info.st_mode & 07777) != entry.mode && ::fchmodat(parent, name.c_str(), entry.mode, 0) != 0)
    return ErrnoError("change mode");
  TRY(SetXattrs(parent, name, entry));
  const timespec times[2] = {TimeOf(entry), TimeOf(entry)};
  if (::utimensat(parent, name.c_str(), times, AT_SYMLINK_NOFOLLOW) != 0) return ErrnoError("set time");
  return {};
}

Result<int> Extractor::ParentOf(const std::string& path) {
  if (path == parent_path_) return parent_.get();
  UniqueFd fd = OpenInside(root_.get(), path, O_PATH | O_DIRECTORY);
  if (!fd && errno == ENOENT) {
    ASSIGN_OR_RETURN(fd, MakeDirectories(path));
  }
  if (!fd) return ErrnoError("open its directory");
  parent_ = std::move(fd);
  parent_path_ = path;
  return parent_.get();
}

// Missing directories, one level after the other: each is opened as the kernel resolves it inside the root.
Result<UniqueFd> Extractor::MakeDirectories(const std::string& path) {
  size_t end = 0;
  UniqueFd fd = OpenInside(root_.get(), ".", O_PATH | O_DIRECTORY);
  while (fd && end != path.size()) {
    const size_t start = end == 0 ? 0 : end + 1;
    end = std::min(path.find('/', start), path.size());
    UniqueFd next = OpenInside(root_.get(), path.substr(0, end), O_PATH | O_DIRECTORY);
    if (!next && errno == ENOENT) {
      const std::string name = path.substr(start, end - start);
      if (::mkdirat(fd.get(), name.c_str(), 0755) != 0) return ErrnoError("create directory \"{}\"", path.substr(0, end));
      next = OpenInside(root_.get(), path.substr(0, end), O_PATH | O_DIRECTORY);
    }
    fd = std::move(next);
  }
  if (!fd) return ErrnoError("open its directory");
  return fd;
}

// Makes room for an entry: whatever stands there goes, except a directory for a directory. Returns whether it was a
// whiteout. What came from this same archive with content cannot go, as the archive could not be built again from it.
Result<bool> Extractor::ClearPlace(int parent, const std::string& name, const TarEntry& entry) {
  struct stat info;
  if (::fstatat(parent, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT) return false;
    return ErrnoError("look for an earlier entry");
  }
  if (S_ISDIR(info.st_mode)) {
    if (entry.type == Type::kDirectory) return false;
    if (::unlinkat(parent, name.c_str(), AT_REMOVEDIR) == 0) {
      ForgetParent();
      return false;
    }
    if (errno != ENOTEMPTY && errno != EEXIST) return ErrnoError("remove an earlier directory");
    return MakeError(ErrorCode::kInvalid, "replaces a directory that the same layer filled");
  }
  if (S_ISREG(info.st_mode) && info.st_size > 0)
    return MakeError(ErrorCode::kInvalid, "is twice in the layer, each time with content");
  if (::unlinkat(parent, name.c_str(), 0) != 0) return ErrnoError("remove an earlier entry");
  return IsWhiteout(info);
}

Result<> Extractor::AddDirectory(int parent, const std::string& name, const TarEntry& entry, const std::string& path,
                                 bool opaque) {
  if (::mkdirat(parent, name.c_str(), 0700) != 0 && errno != EEXIST) return ErrnoError("create directory");
  const UniqueFd fd(::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd) return ErrnoError("open directory");
  TRY(SetOwnerAndMode(fd.get(), entry));
  TRY(SetXattrs(parent, name, entry));
  directory_times_.push_back({path, TimeOf(entry)});
  // The whiteout hid the lower directory; the new one must go on hiding what is in it.
  if (opaque) return MarkOpaque(path);
  return {};
}

Result<> Extractor::AddFile(int parent, const std::string& name, const TarEntry& entry, const Content& content) {
  const auto create = [&] {
    return UniqueFd(::openat(parent, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, entry.mode & 0777));
  };
  UniqueFd fd = create();
  if (!fd && errno == EEXIST) {
    TRY(ClearPlace(parent, name, entry));
    fd = create();
  }
  if (!fd) return ErrnoError("create file");
  while (true) {
    ASSIGN_OR_RETURN(const std::string_view piece, content());
    if (piece.empty()) break;
    TRY(common::WriteAll(fd.get(), piece));
  }
  TRY(SetOwnerAndMode(fd.get(), entry));
  TRY(SetXattrs(parent, name, entry));
  const timespec times[2] = {TimeOf(entry), TimeOf(entry)};
  if (::futimens(fd.get(), times) != 0) return ErrnoError("set time");
  return {};
}

Result<> Extractor::AddHardLink(int parent, const std::string& name, const TarEntry& entry, const std::string& path) {
  const auto fail = [&](std::string_view why) {
    return MakeError(ErrorCode::kInvalid, "the hard link \"{}\" to \"{}\" {}", path, entry.link_name, why);
  };
  ASSIGN_OR_RETURN(const std::string target, CleanEntryPath(entry.link_name), "the hard link \"{}\"", path);
  const UniqueFd directory = OpenInside(root_.get(), DirName(target), O_PATH | O_DIRECTORY);
  struct stat info, existing;
  const std::string target_name = BaseName(target);
  if (!directory || ::fstatat(directory.get(), target_name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0)
    return fail("leads to nothing in the same layer");
  if (S_ISDIR(info.st_mode)) return fail("leads to a directory");
  // Linking a file to itself must not remove it first.
  if (::fstatat(parent, name.c_str(), &existing, AT_SYMLINK_NOFOLLOW) == 0 && existing.st_ino == info.st_ino) return {};
  TRY(ClearPlace(parent, name, entry), "\"{}\"", path);
  if (::linkat(directory.get(), target_name.c_str(), parent, name.c_str(), 0) != 0)
    return ErrnoError("create hard link \"{}\"", path);
  // What the link's own header says goes for the file, as with podman; usually it is the same.
  TRY(SetAttributes(parent, name, entry), "\"{}\"", path);
  return {};
}

Result<> Extractor::AddNode(int parent, const std::string& name, const TarEntry& entry) {
  const dev_t device = entry.type == Type::kFifo ? 0 : ::makedev(entry.device_major, entry.device_minor);
  if (::mknodat(parent, name.c_str(), NodeType(entry.type) | 0600, device) != 0)
    return ErrnoError("create device or pipe");
  return {};
}

Result<> Extractor::AddWhiteout(const std::string& directory, const std::string& name, const TarEntry& entry) {
  if (name.empty() || name == "." || name == "..")
    return MakeError(ErrorCode::kInvalid, "the whiteout \"{}\" names nothing", entry.name);
  const auto parent = ParentOf(directory);
  // Below something that is no directory any more there is nothing to hide.
  if (!parent && parent.error().errno_value() == ENOTDIR) return {};
  if (!parent) return parent.error();
  if (::mknodat(*parent, name.c_str(), S_IFCHR, 0) != 0) {
    // A whiteout is about lower layers; what this layer itself has there hides them already, a directory if it is opaque.
    if (errno != EEXIST) return ErrnoError("create whiteout of \"{}\" in \"{}\"", name, directory);
    struct stat info;
    if (::fstatat(*parent, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(info.st_mode))
      return MarkOpaque(directory == "." ? name : directory + "/" + name);
    return {};
  }
  if (::fchownat(*parent, name.c_str(), entry.uid, entry.gid, AT_SYMLINK_NOFOLLOW) != 0)
    return ErrnoError("change the owner of a whiteout");
  return {};
}

Result<> Extractor::MarkOpaque(const std::string& directory) {
  ASSIGN_OR_RETURN(const int fd, ParentOf(directory), "\"{}\"", directory);
  const char* name = user_xattrs_ ? "user.overlay.opaque" : "trusted.overlay.opaque";
  if (::setxattr(ProcPath(fd).c_str(), name, "y", 1, 0) != 0) return ErrnoError("mark \"{}\" as opaque", directory);
  return {};
}

Result<> Extractor::SetXattrs(int parent, const std::string& name, const TarEntry& entry) {
  for (const auto& [key, value] : entry.xattrs) {
    if (IsRefusedXattr(key)) continue;
    if (::lsetxattr(ProcPath(parent, name).c_str(), key.c_str(), value.data(), value.size(), 0) == 0) continue;
    // A file system without such attributes, or (rootless) no right to set them: the content is still good.
    if (errno != EOPNOTSUPP && errno != EPERM) return ErrnoError("set attribute {}", key);
  }
  return {};
}

Result<> Extractor::Finish() {
  // Later entries of one directory win, as they did for its mode.
  for (const auto& [path, mtime] : directory_times_) {
    const UniqueFd fd = OpenInside(root_.get(), path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    const timespec times[2] = {mtime, mtime};
    // A directory may have been replaced by something else since.
    if (!fd && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP)) continue;
    if (!fd || ::futimens(fd.get(), times) != 0) return ErrnoError("set the time of \"{}\"", path);
  }
  return {};
}

}  // namespace skiff::image
