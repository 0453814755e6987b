#include "common/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>

namespace skiff::common {
namespace {

struct DirCloser {
  void operator()(DIR* dir) const { ::closedir(dir); }
};
using UniqueDir = std::unique_ptr<DIR, DirCloser>;

Result<std::vector<std::string>> NamesOf(DIR* dir, const std::string& path) {
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(dir)) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  if (errno != 0) return ErrnoError("read directory {}", path);
  std::sort(names.begin(), names.end());
  return names;
}

// Removes `name` below parent_fd. `device` is the file system that the walk may not leave.
Result<> RemoveAt(int parent_fd, const std::string& name, const std::string& shown, dev_t device) {
  if (::unlinkat(parent_fd, name.c_str(), 0) == 0 || errno == ENOENT) return {};
  if (errno != EISDIR && errno != EPERM) return ErrnoError("remove {}", shown);
  UniqueFd fd(::openat(parent_fd, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd) return ErrnoError("remove {}", shown);
  struct stat info;
  if (::fstat(fd.get(), &info) != 0) return ErrnoError("stat {}", shown);
  if (info.st_dev != device) return MakeError(ErrorCode::kBusy, "remove {}: another file system is mounted there", shown);
  const int directory_fd = fd.get();
  UniqueDir dir(::fdopendir(fd.Release()));
  if (!dir) return ErrnoError("remove {}", shown);
  ASSIGN_OR_RETURN(const auto names, NamesOf(dir.get(), shown));
  for (const auto& child : names) TRY(RemoveAt(directory_fd, child, shown + "/" + child, device));
  if (::unlinkat(parent_fd, name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT) return ErrnoError("remove {}", shown);
  return {};
}

}  // namespace

Result<UniqueFd> Open(const std::string& path, int flags, mode_t mode) {
  UniqueFd fd(::open(path.c_str(), flags | O_CLOEXEC, mode));
  if (!fd) return ErrnoError("open {}", path);
  return fd;
}

Result<std::string> ReadAll(int fd, size_t limit) {
  std::string data;
  char buffer[16384];
  while (true) {
    const ssize_t n = ::read(fd, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ErrnoError("read");
    if (n == 0) return data;
    if (data.size() + static_cast<size_t>(n) > limit)
      return MakeError(ErrorCode::kInvalid, "larger than the limit of {} bytes", limit);
    data.append(buffer, static_cast<size_t>(n));
  }
}

Result<std::string> ReadFile(const std::string& path, size_t limit) {
  ASSIGN_OR_RETURN(const UniqueFd fd, Open(path, O_RDONLY));
  auto data = ReadAll(fd.get(), limit);
  if (!data) return std::move(data).error().Wrap(path);
  return data;
}

Result<> WriteAll(int fd, std::string_view data) {
  while (!data.empty()) {
    const ssize_t n = ::write(fd, data.data(), data.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ErrnoError("write");
    data.remove_prefix(static_cast<size_t>(n));
  }
  return {};
}

Result<UniqueFd> MemoryFile(std::string_view data) {
  UniqueFd fd(::memfd_create("skiff", MFD_CLOEXEC));
  if (!fd) return ErrnoError("create a file in memory");
  TRY(WriteAll(fd.get(), data));
  if (::lseek(fd.get(), 0, SEEK_SET) != 0) return ErrnoError("rewind a file in memory");
  return fd;
}

Result<> WriteFile(const std::string& path, std::string_view data, mode_t mode) {
  ASSIGN_OR_RETURN(const UniqueFd fd, Open(path, O_WRONLY | O_CREAT | O_TRUNC, mode));
  TRY(WriteAll(fd.get(), data), "{}", path);
  return {};
}

namespace {

// One name per file, under lock: what a killed writer leaves is taken over by the next one instead of staying for ever.
Result<UniqueFd> OpenTemporary(const std::string& path) {
  while (true) {
    UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd) return ErrnoError("create {}", path);
    int locked;
    do locked = ::flock(fd.get(), LOCK_EX);
    while (locked != 0 && errno == EINTR);
    if (locked != 0) return ErrnoError("lock {}", path);
    struct stat ours;
    struct stat current;
    const bool is_current = ::fstat(fd.get(), &ours) == 0 && ::stat(path.c_str(), &current) == 0 &&
                            ours.st_ino == current.st_ino && ours.st_dev == current.st_dev;
    if (!is_current) continue;  // the writer before us has renamed it
    if (::ftruncate(fd.get(), 0) != 0) return ErrnoError("truncate {}", path);
    return fd;
  }
}

}  // namespace

Result<> WriteFileAtomic(const std::string& path, std::string_view data, mode_t mode) {
  const std::string temporary = path + ".tmp";
  ASSIGN_OR_RETURN(const UniqueFd fd, OpenTemporary(temporary));
  Result<> result = WriteAll(fd.get(), data);
  if (result && ::fchmod(fd.get(), mode) != 0) result = ErrnoError("chmod");
  if (result && ::rename(temporary.c_str(), path.c_str()) != 0) result = ErrnoError("rename");
  if (!result) {
    ::unlink(temporary.c_str());
    return std::move(result).error().Wrap(path);
  }
  return {};
}

Result<> MakeDirectories(const std::string& path, mode_t mode) {
  if (::mkdir(path.c_str(), mode) == 0) return {};
  if (errno == EEXIST) {
    struct stat info;
    if (::stat(path.c_str(), &info) != 0) return ErrnoError("create directory {}", path);  // gone again, or a link to nowhere
    if (S_ISDIR(info.st_mode)) return {};
    return Error::FromErrno(ENOTDIR, "create directory " + path);
  }
  const size_t slash = path.find_last_of('/');
  if (errno != ENOENT || slash == std::string::npos || slash == 0) return ErrnoError("create directory {}", path);
  TRY(MakeDirectories(path.substr(0, slash), mode));
  if (::mkdir(path.c_str(), mode) != 0 && errno != EEXIST) return ErrnoError("create directory {}", path);
  return {};
}

bool PathExists(const std::string& path) {
  struct stat info;
  return ::lstat(path.c_str(), &info) == 0;
}

Result<> RemoveTree(const std::string& path) {
  struct stat info;
  if (::lstat(path.c_str(), &info) != 0) {
    if (errno == ENOENT) return {};
    return ErrnoError("stat {}", path);
  }
  return RemoveAt(AT_FDCWD, path, path, info.st_dev);
}

Result<> RemoveFile(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return ErrnoError("remove {}", path);
  return {};
}

Result<std::vector<std::string>> ListDirectory(const std::string& path) {
  UniqueDir dir(::opendir(path.c_str()));
  if (!dir) return ErrnoError("open directory {}", path);
  return NamesOf(dir.get(), path);
}

Result<std::string> ReadLink(const std::string& path) {
  std::string target(4096, '\0');
  const ssize_t n = ::readlink(path.c_str(), target.data(), target.size());
  if (n < 0) return ErrnoError("read link {}", path);
  target.resize(static_cast<size_t>(n));
  return target;
}

std::string JoinPath(std::string_view a, std::string_view b) {
  if (a.empty() || (!b.empty() && b.front() == '/')) return std::string(b);
  if (b.empty()) return std::string(a);
  return a.back() == '/' ? fmt::format("{}{}", a, b) : fmt::format("{}/{}", a, b);
}

}  // namespace skiff::common
