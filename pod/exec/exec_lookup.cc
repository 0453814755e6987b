#include "pod/exec/exec_lookup.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "common/file.h"

namespace skiff::pod {
namespace {

using common::ErrorCode;
using common::MakeError;
using common::Result;
using common::UniqueFd;

constexpr char kDefaultPath[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

enum class Finding { kAbsent, kNotExecutable, kExecutable };

// Invalid, with errno, when it cannot be opened.
UniqueFd OpenInRoot(int root, const std::string& path, uint64_t flags = 0) {
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC | flags;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  return UniqueFd(static_cast<int>(::syscall(SYS_openat2, root, path.c_str(), &how, sizeof how)));
}

// Where in `root` an open file is.
std::string PlaceOf(const UniqueFd& fd, int root) {
  const auto read = [](int of) { return common::ReadLink(fmt::format("/proc/self/fd/{}", of)).value_or(""); };
  const std::string base = read(root), full = read(fd.get());
  if (base == "/" || !full.starts_with(base)) return full;
  return full.size() == base.size() ? "/" : full.substr(base.size());
}

// A path may lead into a mount by links of the image, which may dangle as long as nothing is mounted.
bool LeadsIntoMount(int root, const std::string& path, const std::vector<std::string>& mounted) {
  if (mounted.empty()) return false;
  std::string_view there = path;
  UniqueFd fd;
  while (!(fd = OpenInRoot(root, there.empty() ? "/" : std::string(there)))) {
    if (OpenInRoot(root, std::string(there), O_NOFOLLOW)) return true;
    const size_t slash = there.rfind('/');
    if (slash == there.npos) return true;
    there = there.substr(0, slash);
  }
  const std::string place = PlaceOf(fd, root);
  return IsAtOrBelow((place == "/" ? "" : place) + path.substr(there.size()), mounted);
}

Finding LookAt(int root, const std::string& path, const std::vector<std::string>& mounted) {
  const UniqueFd fd = OpenInRoot(root, path);
  // What cannot be looked at is for the runtime to say.
  if (!fd && errno != ENOENT && errno != ENOTDIR) return Finding::kExecutable;
  struct stat info;
  const bool there = fd && ::fstat(fd.get(), &info) == 0;
  if (there && S_ISREG(info.st_mode) && (info.st_mode & 0111) != 0) return Finding::kExecutable;
  if (LeadsIntoMount(root, path, mounted)) return Finding::kExecutable;
  return there ? Finding::kNotExecutable : Finding::kAbsent;
}

std::string_view SearchPath(const std::vector<std::string>& environment) {
  std::string_view path = kDefaultPath;
  for (const std::string& variable : environment) {
    if (variable.starts_with("PATH=")) path = std::string_view(variable).substr(5);
  }
  return path;
}

// In the search path, what cannot be executed does not count unless nothing else is found.
Finding Search(int root, std::string_view directories, const std::string& working_dir, const std::string& command,
               const std::vector<std::string>& mounted) {
  Finding best = Finding::kAbsent;
  while (!directories.empty() && best != Finding::kExecutable) {
    const size_t colon = std::min(directories.find(':'), directories.size());
    const std::string path = common::JoinPath(common::JoinPath(working_dir, directories.substr(0, colon)), command);
    best = std::max(best, LookAt(root, path, mounted));
    directories.remove_prefix(std::min(colon + 1, directories.size()));
  }
  return best;
}

}  // namespace

bool IsAtOrBelow(std::string_view path, const std::vector<std::string>& folders) {
  return std::ranges::any_of(folders, [&](const std::string& folder) {
    return path.starts_with(folder) && (path.size() == folder.size() || folder.ends_with('/') || path[folder.size()] == '/');
  });
}

Result<> CheckCommand(const std::string& root, const std::vector<std::string>& environment, const std::string& working_dir,
                      const std::string& command, const std::vector<std::string>& mounted) {
  ASSIGN_OR_RETURN(const UniqueFd fd, common::Open(root, O_PATH | O_DIRECTORY));
  Finding found;
  if (command.find('/') == std::string::npos) found = Search(fd.get(), SearchPath(environment), working_dir, command, mounted);
  else found = LookAt(fd.get(), common::JoinPath(working_dir, command), mounted);
  if (found == Finding::kExecutable) return {};
  if (found == Finding::kAbsent)
    return MakeError(ErrorCode::kCommandNotFound, "the command \"{}\" does not exist in the container", command);
  return MakeError(ErrorCode::kCommandNotExecutable,
                   "the command \"{}\" cannot be executed: it is a directory, or its mode forbids it", command);
}

Result<> CheckWorkingDir(const std::string& root, const std::string& path) {
  ASSIGN_OR_RETURN(const UniqueFd fd, common::Open(root, O_PATH | O_DIRECTORY));
  const UniqueFd folder = OpenInRoot(fd.get(), path);
  // What cannot be looked at is for the runtime to say.
  if (!folder && errno != ENOENT && errno != ENOTDIR) return {};
  struct stat info;
  if (folder && ::fstat(folder.get(), &info) == 0 && S_ISDIR(info.st_mode)) return {};
  return MakeError(ErrorCode::kCommandNotFound, "the container has no folder \"{}\" to start the command in", path);
}

}  // namespace skiff::pod
