#include "cli/rootless/scope.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "common/file.h"
#include "common/process.h"
#include "runtime/cgroup.h"

namespace skiff::cli {

using common::Result;

namespace {

constexpr char kTriedVariable[] = "SKIFF_IN_SCOPE";

std::vector<std::string> OwnArguments(const std::string& command_line) {
  std::vector<std::string> arguments;
  for (size_t at = 0; at < command_line.size();) {
    const size_t end = std::min(command_line.find('\0', at), command_line.size());
    arguments.push_back(command_line.substr(at, end - at));
    at = end + 1;
  }
  return arguments;
}

// systemd-run is to leave a "$" in our arguments alone. From version 254 on it has to be told, before that it must not be.
bool HasToBeTold(const std::string& program, const std::vector<std::string>& arguments) {
  if (std::none_of(arguments.begin(), arguments.end(), [](const auto& text) { return text.find('$') != std::string::npos; })) return false;
  common::Command command;
  command.argv = {program, "--help"};
  const auto help = common::Run(std::move(command));
  return help && help->out.find("--expand-environment") != std::string::npos;
}

}  // namespace

Result<> EnterUserScope(const common::SystemPaths& paths) {
  const auto own = runtime::Cgroups::Detect(paths.cgroup_root, paths.proc_root);
  if (own || own.error().code() != common::ErrorCode::kPermission) return {};
  const char* const run = std::getenv("XDG_RUNTIME_DIR");
  const bool has_systemd = run != nullptr && common::PathExists(std::string(run) + "/systemd/private");
  if (!has_systemd || std::getenv(kTriedVariable) != nullptr) return {};
  const auto program = common::FindProgram("systemd-run");
  if (!program) return {};
  ASSIGN_OR_RETURN(const std::string self, common::ReadLink(paths.proc_root + "/self/exe"));
  ASSIGN_OR_RETURN(const std::string command_line, common::ReadFile(paths.proc_root + "/self/cmdline"));
  std::vector<std::string> arguments = {*program, "--user", "--scope", "--quiet", "--collect", "--property=Delegate=yes"};
  const auto own_arguments = OwnArguments(command_line);
  if (HasToBeTold(*program, own_arguments)) arguments.push_back("--expand-environment=no");
  arguments.insert(arguments.end(), {"--", self});
  arguments.insert(arguments.end(), own_arguments.begin() + 1, own_arguments.end());
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  ::setenv(kTriedVariable, "1", 1);
  ::execv(program->c_str(), pointers.data());
  return common::ErrnoError("run {}", *program);
}

}  // namespace skiff::cli
