#include "runtime/layered_root.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

#include <deque>
#include <numeric>

#include "common/file.h"

namespace skiff::runtime {
namespace {

using common::ErrnoError;
using common::ErrorCode;
using common::MakeError;
using common::Result;
using common::UniqueFd;

constexpr int kMaxSymlinks = 40;  // the kernel's own limit (path_resolution(7))

UniqueFd OpenBeneath(int root, const std::string& path, uint64_t flags) {
  open_how how{};
  how.flags = flags | O_CLOEXEC | O_NOFOLLOW;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  return UniqueFd(static_cast<int>(::syscall(SYS_openat2, root, path.c_str(), &how, sizeof how)));
}

void PushFront(std::deque<std::string>& pending, const std::string& path) {
  std::vector<std::string> parts;
  size_t start = 0;
  while (start < path.size()) {
    const size_t slash = std::min(path.find('/', start), path.size());
    if (slash > start) parts.push_back(path.substr(start, slash - start));
    start = slash + 1;
  }
  pending.insert(pending.begin(), parts.begin(), parts.end());
}

std::string Join(const std::vector<std::string>& parts) {
  std::string path;
  for (const auto& part : parts) path += (path.empty() ? "" : "/") + part;
  return path;
}

}  // namespace

Result<LayeredRoot> LayeredRoot::Open(const std::vector<std::string>& layers) {
  LayeredRoot root;
  for (const auto& path : layers) {
    ASSIGN_OR_RETURN(UniqueFd fd, common::Open(path, O_PATH | O_DIRECTORY), "image layer");
    root.layers_.push_back({path, std::move(fd)});
  }
  return root;
}

Result<std::string> LayeredRoot::ReadFile(const std::string& path, size_t limit) const {
  std::vector<size_t> all(layers_.size());
  std::iota(all.begin(), all.end(), 0);
  std::deque<std::string> pending;
  PushFront(pending, path);
  std::vector<std::string> resolved;              // no symlink among these
  std::vector<std::vector<size_t>> visible{all};  // the layers in which each prefix of `resolved` shows
  int symlinks = 0;
  while (!pending.empty()) {
    const std::string name = pending.front();
    pending.pop_front();
    if (name == ".") continue;
    if (name == "..") {
      if (!resolved.empty()) resolved.pop_back(), visible.pop_back();
      continue;
    }
    resolved.push_back(name);
    ASSIGN_OR_RETURN(Entry entry, Lookup(visible.back(), Join(resolved)));
    if (entry.kind == Kind::kAbsent) break;
    if (entry.kind == Kind::kFile && pending.empty())
      return ReadFrom(entry.layers.front(), Join(resolved), limit);
    if (entry.kind == Kind::kFile) break;
    if (entry.kind == Kind::kDirectory) {
      visible.push_back(std::move(entry.layers));
      continue;
    }
    if (++symlinks > kMaxSymlinks)
      return MakeError(ErrorCode::kInvalid, "{}: too many levels of symlinks in the image", path);
    resolved.pop_back();
    if (entry.target.starts_with('/')) {
      resolved.clear();
      visible.resize(1);
    }
    PushFront(pending, entry.target);
  }
  return MakeError(ErrorCode::kNotFound, "{}: no such file in the image", path);
}

Result<LayeredRoot::Entry> LayeredRoot::Lookup(const std::vector<size_t>& parents,
                                               const std::string& path) const {
  Entry entry;
  for (const size_t index : parents) {
    const UniqueFd fd = OpenBeneath(layers_[index].fd.get(), path, O_PATH);
    if (!fd && (errno == ENOENT || errno == ENOTDIR)) continue;
    if (!fd) return ErrnoError("open {}/{}", layers_[index].path, path);
    struct stat info;
    if (::fstat(fd.get(), &info) != 0) return ErrnoError("stat {}/{}", layers_[index].path, path);
    if (S_ISDIR(info.st_mode)) {
      entry.kind = Kind::kDirectory;
      entry.layers.push_back(index);
      if (IsOpaque(index, path)) return entry;
      continue;
    }
    const bool whiteout = S_ISCHR(info.st_mode) && info.st_rdev == 0;
    // A directory above hides whatever else has its name below.
    if (whiteout || entry.kind == Kind::kDirectory) return entry;
    entry.layers = {index};
    entry.kind = Kind::kFile;
    if (S_ISLNK(info.st_mode)) {
      entry.kind = Kind::kSymlink;
      entry.target.resize(4096);
      const ssize_t length = ::readlinkat(fd.get(), "", entry.target.data(), entry.target.size());
      if (length < 0) return ErrnoError("read link {}/{}", layers_[index].path, path);
      entry.target.resize(static_cast<size_t>(length));
    }
    return entry;
  }
  return entry;
}

Result<std::string> LayeredRoot::ReadFrom(size_t layer, const std::string& path, size_t limit) const {
  // Without O_NONBLOCK a FIFO put there by the image would block us for ever.
  const UniqueFd fd = OpenBeneath(layers_[layer].fd.get(), path, O_RDONLY | O_NONBLOCK);
  if (!fd) return ErrnoError("open {}/{}", layers_[layer].path, path);
  struct stat info;
  if (::fstat(fd.get(), &info) != 0) return ErrnoError("stat {}/{}", layers_[layer].path, path);
  if (!S_ISREG(info.st_mode))
    return MakeError(ErrorCode::kNotFound, "/{}: not a regular file in the image", path);
  auto data = common::ReadAll(fd.get(), limit);
  if (!data) return std::move(data).error().Wrap(fmt::format("{}/{}", layers_[layer].path, path));
  return data;
}

bool LayeredRoot::IsOpaque(size_t layer, const std::string& path) const {
  const std::string full = layers_[layer].path + "/" + path;
  for (const char* attribute : {"trusted.overlay.opaque", "user.overlay.opaque"}) {
    char value = 0;
    if (::lgetxattr(full.c_str(), attribute, &value, 1) == 1 && value == 'y') return true;
  }
  return false;
}

}  // namespace skiff::runtime
