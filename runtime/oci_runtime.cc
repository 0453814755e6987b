#include "runtime/oci_runtime.h"

#include <charconv>
#include <cstdlib>

#include "common/file.h"
#include "common/json.h"
#include "runtime/runtime_log.h"

namespace skiff::runtime {
namespace {

using common::Command;
using common::Error;
using common::ErrorCode;
using common::MakeError;
using common::Result;

// Nothing of the caller's environment is the runtime's business but these (formats.md 6.1).
std::vector<std::string> RuntimeEnvironment() {
  std::vector<std::string> environment;
  for (const char* name : {"PATH", "XDG_RUNTIME_DIR"}) {
    if (const char* value = std::getenv(name)) environment.push_back(fmt::format("{}={}", name, value));
  }
  return environment;
}

// The command, for the messages that leave it out.
std::string CommandOf(const OciRuntime::RunOptions& options) {
  if (!options.command.empty()) return options.command;
  const auto text = common::ReadFile(options.bundle + "/config.json");
  if (!text) return "";
  const auto config = common::ParseJson(*text, "config.json");
  const auto* process = config ? common::FindObject(*config, "process") : nullptr;
  const auto args = process != nullptr ? common::GetStrings(*process, "args") : std::vector<std::string>{};
  return args.empty() ? "" : args.front();
}

std::string FirstLine(std::string_view text) { return std::string(text.substr(0, text.find('\n'))); }

}  // namespace

std::vector<std::string> OciRuntime::Argv(std::vector<std::string> rest, const std::string& log_file) const {
  std::vector<std::string> argv = {program_, "--root", root_};
  if (!log_file.empty()) argv.insert(argv.end(), {"--log", log_file, "--log-format", "json"});
  argv.insert(argv.end(), std::make_move_iterator(rest.begin()), std::make_move_iterator(rest.end()));
  return argv;
}

std::vector<std::string> OciRuntime::RunArgv(const RunOptions& options) const {
  std::vector<std::string> rest = {"run",          "--detach",   "--bundle",
                                   options.bundle, "--pid-file", options.pid_file};
  if (!options.console_socket.empty()) rest.insert(rest.end(), {"--console-socket", options.console_socket});
  rest.push_back(options.id);
  return Argv(std::move(rest), options.log_file);
}

Result<pid_t> OciRuntime::RunDetached(const RunOptions& options) const {
  Command command;
  command.argv = RunArgv(options);
  command.environment = RuntimeEnvironment();
  command.stdin_fd = options.stdin_fd;
  command.stdout_fd = options.stdout_fd;
  command.stderr_fd = options.stderr_fd;
  // A log of an earlier start must not explain this one.
  if (!options.log_file.empty()) TRY(common::RemoveFile(options.log_file));
  ASSIGN_OR_RETURN(const common::Child child, Spawn(command));
  ASSIGN_OR_RETURN(const common::ExitStatus status, common::Wait(child.pid));
  if (!status.ok()) return RunError(options, status.ToCode());
  auto pid = ReadPidFile(options.pid_file);
  if (!pid) return std::move(pid).error().Wrap(fmt::format("{} run", program_));
  return pid;
}

Result<pid_t> ReadPidFile(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, common::ReadFile(path, 64));
  pid_t pid = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), pid).ec != std::errc() || pid <= 0)
    return MakeError(ErrorCode::kInternal, "{}: no process id in it", path);
  return pid;
}

bool OciRuntime::ExecTerminalNeedsDetach() const { return shown_program().starts_with("runc"); }

std::string_view OciRuntime::shown_program() const {
  const std::string_view path = program_;
  return path.substr(path.rfind('/') + 1);  // not the pod's own copy of it
}

Error OciRuntime::RunError(const RunOptions& options, int exit_code) const {
  const auto log =
      options.log_file.empty() ? Result<std::string>(std::string()) : common::ReadFile(options.log_file);
  const std::string raw = log ? LastLogError(*log) : "";
  if (raw.empty())
    return MakeError(ErrorCode::kInternal, "{} ended with exit code {} and did not say why",
                     shown_program(), exit_code);
  const std::string message(StripRuncLayers(raw));
  const ErrorCode code = ClassifyRuntimeError(message);
  if (code == ErrorCode::kCommandNotFound)
    return MakeError(code, "the command \"{}\" does not exist in the container ({}: {})",
                     CommandOf(options), shown_program(), message);
  if (code == ErrorCode::kCommandNotExecutable)
    return MakeError(
        code, "the command \"{}\" cannot be executed: it is a directory, or its mode forbids it ({}: {})",
        CommandOf(options), shown_program(), message);
  // runc says so itself.
  const bool mismatch = message.starts_with("mount `") && message.ends_with(": Not a directory");
  return MakeError(code, "{}: {}{}", shown_program(), message,
                   mismatch ? " (of what is mounted and its place one is a file and the other a folder)" : "");
}

Result<> OciRuntime::Kill(const std::string& id, int signal, bool all) const {
  std::vector<std::string> rest = {"kill"};
  if (all) rest.push_back("--all");
  rest.insert(rest.end(), {id, std::to_string(signal)});
  Command command;
  command.argv = Argv(std::move(rest));
  command.environment = RuntimeEnvironment();
  ASSIGN_OR_RETURN(const common::Output output, Run(std::move(command)));
  if (output.status.ok()) return {};
  if (!Knows(id)) return MakeError(ErrorCode::kNotFound, "{} knows no container \"{}\"", program_, id);
  return MakeError(ErrorCode::kBusy, "send signal {} to container {}: {}: {}", signal, id, program_,
                   FirstLine(output.err));
}

Result<> OciRuntime::DeleteForced(const std::string& id) const {
  if (!Knows(id)) return {};
  Command command;
  command.argv = Argv({"delete", "--force", id});
  command.environment = RuntimeEnvironment();
  ASSIGN_OR_RETURN(const common::Output output, Run(std::move(command)));
  if (output.status.ok() || !Knows(id)) return {};
  return MakeError(ErrorCode::kInternal, "delete container {}: {}: {}", id, program_, FirstLine(output.err));
}

std::vector<std::string> OciRuntime::ExecArgv(const std::string& id, const std::string& process_file) const {
  return Argv({"exec", "--process", process_file, id});
}

bool OciRuntime::Knows(const std::string& id) const { return common::PathExists(root_ + "/" + id); }

}  // namespace skiff::runtime
