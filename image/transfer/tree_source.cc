#include "image/transfer/tree_source.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <vector>

#include "common/file.h"
#include "image/transfer/tar_writer.h"

namespace skiff::image {
namespace {

using common::ErrnoError;
using common::ErrorCode;
using common::MakeError;
using common::Result;
using common::UniqueFd;
using Type = TarEntry::Type;

constexpr char kWhiteoutPrefix[] = ".wh.";
constexpr char kOpaqueMarker[] = ".wh..wh..opq";

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

// The value, or nothing where there is no such attribute. `path` is /proc/self/fd/N or below it.
Result<std::string> GetXattr(const std::string& path, const std::string& name) {
  std::string value;
  while (true) {
    const ssize_t size = ::lgetxattr(path.c_str(), name.c_str(), nullptr, 0);
    if (size < 0 && (errno == ENODATA || errno == EOPNOTSUPP)) return std::string();
    if (size < 0) return ErrnoError("read attribute {}", name);
    value.resize(static_cast<size_t>(size));
    const ssize_t n = ::lgetxattr(path.c_str(), name.c_str(), value.data(), value.size());
    if (n < 0 && errno == ERANGE) continue;
    if (n < 0) return ErrnoError("read attribute {}", name);
    value.resize(static_cast<size_t>(n));
    return value;
  }
}

Result<std::vector<std::string>> ListXattrs(const std::string& path) {
  std::string list;
  while (true) {
    const ssize_t size = ::llistxattr(path.c_str(), nullptr, 0);
    if (size < 0 && errno == EOPNOTSUPP) return std::vector<std::string>();
    if (size < 0) return ErrnoError("list attributes");
    list.resize(static_cast<size_t>(size));
    const ssize_t n = ::llistxattr(path.c_str(), list.data(), list.size());
    if (n < 0 && errno == ERANGE) continue;
    if (n < 0) return ErrnoError("list attributes");
    list.resize(static_cast<size_t>(n));
    break;
  }
  std::vector<std::string> names;
  for (size_t start = 0; start < list.size();) {
    const size_t end = list.find('\0', start);
    names.push_back(list.substr(start, end - start));
    start = end + 1;
  }
  return names;
}

// What layers carry: capabilities and the users' own attributes. Labels and overlayfs' marks are of this machine.
bool IsKeptXattr(const std::string& name) {
  return name == "security.capability" || (name.rfind("user.", 0) == 0 && name.rfind("user.overlay.", 0) != 0);
}

Type TypeOf(mode_t mode) {
  if (S_ISDIR(mode)) return Type::kDirectory;
  if (S_ISLNK(mode)) return Type::kSymlink;
  if (S_ISCHR(mode)) return Type::kCharDevice;
  if (S_ISBLK(mode)) return Type::kBlockDevice;
  if (S_ISFIFO(mode)) return Type::kFifo;
  return Type::kFile;
}

class TreeSource : public ByteSource {
 public:
  TreeSource(UniqueFd directory, TreeOptions options) : root_(std::move(directory)), options_(std::move(options)) {}

  Result<std::string_view> Next() override {
    output_.clear();
    if (file_) return ReadFile();
    if (!started_) {
      started_ = true;
      TRY(Enter(std::move(root_), ""));
    }
    while (output_.empty() && !stack_.empty()) {
      Directory& top = stack_.back();
      if (top.next == top.names.size()) {
        stack_.pop_back();
      } else {
        const std::string& name = top.names[top.next++];
        const std::string path = top.path.empty() ? name : top.path + "/" + name;
        TRY(AddEntry(top.fd.get(), std::string(name), path), "\"{}\"", path);
      }
    }
    if (output_.empty() && !ended_) {
      ended_ = true;
      output_ = TarEnd();
    }
    return std::string_view(output_);
  }

 private:
  struct Directory {
    UniqueFd fd;
    std::string path;  // from the root; empty for it
    std::vector<std::string> names;
    size_t next = 0;
  };

  Result<> Enter(UniqueFd fd, const std::string& path) {
    Directory entered;
    entered.path = path;
    const int copy = ::openat(fd.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (copy < 0) return ErrnoError("open directory");
    const std::unique_ptr<DIR, CloseDirectory> list(::fdopendir(copy));
    if (list == nullptr) return ErrnoError("list directory");
    errno = 0;
    for (const dirent* entry; (entry = ::readdir(list.get())) != nullptr;) {
      const std::string name = entry->d_name;
      if (name != "." && name != "..") entered.names.push_back(name);
    }
    if (errno != 0) return ErrnoError("list directory");
    std::sort(entered.names.begin(), entered.names.end());
    entered.fd = std::move(fd);
    stack_.push_back(std::move(entered));
    return {};
  }

  Result<> AddEntry(int parent, const std::string& name, const std::string& path) {
    struct stat info;
    if (::fstatat(parent, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return ErrnoError("stat");
    if (S_ISSOCK(info.st_mode) || (options_.leave_out && options_.leave_out(path, info))) return {};
    TarEntry entry;
    entry.name = path;
    entry.uid = info.st_uid;
    entry.gid = info.st_gid;
    entry.mode = info.st_mode & 07777;
    entry.mtime = info.st_mtim;
    if (options_.is_upper && S_ISCHR(info.st_mode) && info.st_rdev == 0) {
      const size_t slash = path.rfind('/');
      const std::string directory = slash == std::string::npos ? "" : path.substr(0, slash + 1);
      entry.name = directory + kWhiteoutPrefix + name;
      entry.mode = 0600;
      output_ = TarHeader(entry);
      return {};
    }
    entry.type = TypeOf(info.st_mode);
    if (!S_ISDIR(info.st_mode) && info.st_nlink > 1 && IsLaterName(info, path, entry)) {
      output_ = TarHeader(entry);
      return {};
    }
    TRY(AddXattrs(fmt::format("/proc/self/fd/{}/{}", parent, name), entry));
    switch (entry.type) {
      case Type::kDirectory: return AddDirectory(parent, name, path, entry);
      case Type::kFile: return AddFile(parent, name, info, entry);
      case Type::kSymlink: {
        std::string target(static_cast<size_t>(info.st_size) + 1, '\0');
        const ssize_t n = ::readlinkat(parent, name.c_str(), target.data(), target.size());
        if (n < 0 || n > info.st_size) return n < 0 ? ErrnoError("read the link") : Changed();
        entry.link_name = target.substr(0, static_cast<size_t>(n));
        break;
      }
      default:
        entry.device_major = major(info.st_rdev);
        entry.device_minor = minor(info.st_rdev);
        break;
    }
    output_ = TarHeader(entry);
    return {};
  }

  bool IsLaterName(const struct stat& info, const std::string& path, TarEntry& entry) {
    const auto [first, is_new] = linked_.try_emplace({info.st_dev, info.st_ino}, path);
    if (is_new) return false;
    entry.type = Type::kHardLink;
    entry.link_name = first->second;
    return true;
  }

  Result<> AddXattrs(const std::string& place, TarEntry& entry) const {
    ASSIGN_OR_RETURN(const auto names, ListXattrs(place));
    for (const auto& name : names) {
      if (name == "trusted.overlay.metacopy" || name == "trusted.overlay.redirect")
        return MakeError(ErrorCode::kUnsupported,
                         "its content is elsewhere ({}): mount containers without metacopy and redirect_dir", name);
      if (!IsKeptXattr(name)) continue;
      ASSIGN_OR_RETURN(entry.xattrs[name], GetXattr(place, name));
    }
    return {};
  }

  Result<> AddDirectory(int parent, const std::string& name, const std::string& path, TarEntry& entry) {
    UniqueFd fd(::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd) return ErrnoError("open directory");
    entry.name += '/';
    output_ = TarHeader(entry);
    if (options_.is_upper) {
      ASSIGN_OR_RETURN(const bool opaque, IsOpaque(fd.get()));
      if (opaque && (!options_.lower_has_directory || options_.lower_has_directory(path))) {
        TarEntry marker;
        marker.name = entry.name + kOpaqueMarker;
        marker.uid = entry.uid;
        marker.gid = entry.gid;
        marker.mode = 0600;
        marker.mtime = entry.mtime;
        output_ += TarHeader(marker);
      }
    }
    return Enter(std::move(fd), path);
  }

  static Result<bool> IsOpaque(int fd) {
    for (const char* name : {"trusted.overlay.opaque", "user.overlay.opaque"}) {
      ASSIGN_OR_RETURN(const std::string value, GetXattr(fmt::format("/proc/self/fd/{}/.", fd), name));
      if (value == "y") return true;
    }
    return false;
  }

  Result<> AddFile(int parent, const std::string& name, const struct stat& seen, TarEntry& entry) {
    entry.size = seen.st_size;
    if (entry.size > 0) {
      UniqueFd fd(::openat(parent, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
      struct stat info;
      if (!fd || ::fstat(fd.get(), &info) != 0) return ErrnoError("open");
      // What a running program appends meanwhile is left out.
      if (info.st_ino != seen.st_ino || info.st_size < seen.st_size) return Changed();
      file_ = ReadWhole(std::move(fd), entry.size, entry.name);
      padding_ = TarPadding(entry.size);
    }
    output_ = TarHeader(entry);
    return {};
  }

  Result<std::string_view> ReadFile() {
    ASSIGN_OR_RETURN(const std::string_view chunk, file_->Next());
    if (!chunk.empty()) return chunk;
    file_.reset();
    output_ = std::move(padding_);
    if (output_.empty()) return Next();
    return std::string_view(output_);
  }

  static common::Error Changed() { return MakeError(ErrorCode::kBusy, "changed while it was read"); }

  UniqueFd root_;
  TreeOptions options_;
  bool started_ = false, ended_ = false;
  std::vector<Directory> stack_;
  std::map<std::pair<dev_t, ino_t>, std::string> linked_;  // the first name of what has several
  std::unique_ptr<ByteSource> file_;
  std::string padding_;
  std::string output_;
};

}  // namespace

std::unique_ptr<ByteSource> ReadTree(UniqueFd directory, TreeOptions options) {
  return std::make_unique<TreeSource>(std::move(directory), std::move(options));
}

}  // namespace skiff::image
