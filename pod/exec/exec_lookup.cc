#include "pod/exec/exec_lookup.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

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

Finding LookAt(int root, const std::string& path) {
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  const UniqueFd fd(static_cast<int>(::syscall(SYS_openat2, root, path.c_str(), &how, sizeof how)));
  // What cannot be looked at is for the runtime to say.
  if (!fd) return errno == ENOENT || errno == ENOTDIR ? Finding::kAbsent : Finding::kExecutable;
  struct stat info;
  if (::fstat(fd.get(), &info) != 0) return Finding::kAbsent;
  return S_ISREG(info.st_mode) && (info.st_mode & 0111) != 0 ? Finding::kExecutable : Finding::kNotExecutable;
}

std::string_view SearchPath(const std::vector<std::string>& environment) {
  std::string_view path = kDefaultPath;
  for (const std::string& variable : environment) {
    if (variable.starts_with("PATH=")) path = std::string_view(variable).substr(5);
  }
  return path;
}

// In the search path, what cannot be executed does not count unless nothing else is found.
Finding Search(int root, std::string_view directories, const std::string& working_dir, const std::string& command) {
  Finding best = Finding::kAbsent;
  while (!directories.empty() && best != Finding::kExecutable) {
    const size_t colon = std::min(directories.find(':'), directories.size());
    best = std::max(best, LookAt(root, common::JoinPath(common::JoinPath(working_dir, directories.substr(0, colon)), command)));
    directories.remove_prefix(std::min(colon + 1, directories.size()));
  }
  return best;
}

}  // namespace

Result<> CheckCommand(const std::string& root, const std::vector<std::string>& environment, const std::string& working_dir,
                      const std::string& command) {
  ASSIGN_OR_RETURN(const UniqueFd fd, common::Open(root, O_PATH | O_DIRECTORY));
  Finding found;
  if (command.find('/') == std::string::npos) found = Search(fd.get(), SearchPath(environment), working_dir, command);
  else found = LookAt(fd.get(), common::JoinPath(working_dir, command));
  if (found == Finding::kExecutable) return {};
  if (found == Finding::kAbsent)
    return MakeError(ErrorCode::kCommandNotFound, "the command \"{}\" does not exist in the container", command);
  return MakeError(ErrorCode::kCommandNotExecutable,
                   "the command \"{}\" cannot be executed: it is a directory, or its mode forbids it", command);
}

}  // namespace skiff::pod
