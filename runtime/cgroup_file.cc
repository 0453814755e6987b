#include "runtime/cgroup_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <charconv>
#include <memory>

#include "common/file.h"

namespace skiff::runtime {
namespace {

using common::ErrnoError;
using common::ErrorCode;
using common::MakeError;
using common::Result;

struct DirCloser {
  void operator()(DIR* dir) const { ::closedir(dir); }
};

uint64_t ParseNumber(std::string_view text) {
  uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

Result<> WriteCgroupFile(const std::string& path, std::string_view value) {
  ASSIGN_OR_RETURN(const common::UniqueFd fd, common::Open(path, O_WRONLY));
  if (::write(fd.get(), value.data(), value.size()) < 0) return ErrnoError("write \"{}\" to {}", value, path);
  return {};
}

Result<uint64_t> ReadCgroupNumber(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, common::ReadFile(path, 4096));
  return ParseNumber(text);
}

Result<uint64_t> ReadCgroupKey(const std::string& path, std::string_view key) {
  ASSIGN_OR_RETURN(const std::string text, common::ReadFile(path, 65536));
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    if (line.size() > key.size() && line.starts_with(key) && line[key.size()] == ' ')
      return ParseNumber(line.substr(key.size() + 1));
  }
  return uint64_t{0};
}

std::vector<std::string> ChildCgroups(const std::string& directory) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, DirCloser> dir(::opendir(directory.c_str()));
  if (!dir) return names;
  while (const dirent* entry = ::readdir(dir.get())) {
    const std::string_view name = entry->d_name;
    if (entry->d_type == DT_DIR && name != "." && name != "..") names.emplace_back(name);
  }
  return names;
}

Result<> CollectProcesses(const std::string& directory, std::vector<pid_t>& pids) {
  auto text = common::ReadFile(directory + "/cgroup.procs");
  // ENODEV: the cgroup was removed between open and read.
  if (!text && text.error().code() == ErrorCode::kNotFound) return {};
  // EOPNOTSUPP: a threaded cgroup of v2; its processes are those of its domain.
  if (!text && text.error().code() != ErrorCode::kUnsupported) return std::move(text).error();
  std::string_view rest = text ? std::string_view(*text) : std::string_view();
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    // 0 stands for a process of a PID namespace that cannot be seen from here.
    if (const auto pid = static_cast<pid_t>(ParseNumber(rest.substr(0, end))); pid > 0) pids.push_back(pid);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  for (const auto& child : ChildCgroups(directory)) TRY(CollectProcesses(directory + "/" + child, pids));
  return {};
}

}  // namespace skiff::runtime
