// Engine: running a further command in a container.
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "common/file.h"
#include "common/ids.h"
#include "common/json.h"
#include "common/json_fields.h"
#include "common/process.h"
#include "pod/context.h"
#include "pod/engine.h"
#include "pod/exec/exec_lookup.h"
#include "pod/exec/exec_process.h"
#include "pod/exec/exec_terminal.h"
#include "pod/finder.h"
#include "pod/status_reader.h"
#include "pod/supervisor/plan.h"
#include "pod/supervisor/protocol.h"
#include "runtime/oci_runtime.h"

namespace skiff::pod {
namespace {

using common::ErrorCode;
using common::MakeError;
using common::Result;

// Removed when the command has ended, however that was.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string path) : path_(std::move(path)) {}
  ~TemporaryFile() { (void)common::RemoveFile(path_); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Before the runtime is asked, which would say it in its own words on the command's standard error.
Result<> CheckProgram(const std::string& process, const std::string& root, const ExecOptions& options) {
  const std::string& program = options.command.front();
  if (!options.working_dir.empty()) TRY(CheckWorkingDir(root, options.working_dir));
  ASSIGN_OR_RETURN(const auto parsed, common::ParseJson(process, "process"));
  return CheckCommand(root, common::GetStrings(parsed, "env"), std::string(common::GetString(parsed, "cwd")), program);
}

// What the runtime itself has to say: it writes to its log, the command to our streams.
Result<int> ResultOf(const runtime::OciRuntime& runtime, const common::ExitStatus& status, const std::string& log_file,
                     const ExecOptions& options) {
  const auto log = common::ReadFile(log_file);
  if (status.ok() || !log || log->empty()) return status.ToCode();
  common::Error error = runtime.RunError({.log_file = log_file}, status.ToCode());
  if (error.code() == ErrorCode::kCommandNotFound) {
    return MakeError(ErrorCode::kCommandNotFound, "the command \"{}\" does not exist in the container",
                     options.command.front());
  }
  if (error.code() == ErrorCode::kCommandNotExecutable) {
    return MakeError(ErrorCode::kCommandNotExecutable, "the command \"{}\" cannot be executed", options.command.front());
  }
  if (!options.working_dir.empty() && error.message().find("chdir") != std::string::npos) {
    return MakeError(ErrorCode::kCommandNotFound, "the container has no folder \"{}\" that can be entered", options.working_dir);
  }
  return error;
}

}  // namespace

Result<int> Engine::Exec(const std::string& container_id, const ExecOptions& options) {
  ASSIGN_OR_RETURN(const ContainerRecord container, RequireContainer(*impl_->store, container_id));
  if (options.command.empty()) return MakeError(ErrorCode::kInvalid, "no command given");
  const PodLayout layout = impl_->Layout(container.pod_id);
  ASSIGN_OR_RETURN(const auto pod_status, ReadPodStatus(*impl_, container.pod_id));
  const auto status = StatusOf(pod_status, container.id, container.spec.name);
  if (status.state != "running") {
    return MakeError(ErrorCode::kBusy, "container {} is not running (it is {})", container.name, status.state);
  }
  ASSIGN_OR_RETURN(const std::string config, common::ReadFile(layout.Bundle(container.id) + "/config.json"));
  const std::string root = fmt::format("{}/{}/root", impl_->paths.proc_root, status.pid);
  // Ended, and the supervisor has not said so yet.
  if (::access(root.c_str(), F_OK) != 0 && errno == ENOENT)
    return MakeError(ErrorCode::kBusy, "container {} is not running (its process has just ended)", container.name);
  ASSIGN_OR_RETURN(const std::string process, ExecProcess(config, options, root));
  TRY(CheckProgram(process, root, options));
  const std::string name = layout.Bundle(container.id) + "/exec-" + common::RandomHex(16);
  const TemporaryFile process_file(name + ".json");
  const TemporaryFile log_file(name + ".log");
  TRY(common::WriteFile(process_file.path(), process, 0600));

  // The pod's own, whatever this command would take for a new pod.
  ASSIGN_OR_RETURN(const auto plan, supervisor::ReadPlan(layout.run_dir()));
  const runtime::OciRuntime runtime(plan.runtime, plan.runtime_root);
  common::Command command{.argv = runtime.ExecArgv(container.id, process_file.path())};
  command.argv.insert(command.argv.begin() + 1, {"--log", log_file.path(), "--log-format", "json"});
  command.stderr_fd = STDERR_FILENO;
  if (options.tty) {
    ASSIGN_OR_RETURN(ExecTerminal terminal, ExecTerminal::Listen(layout.Bundle(container.id)));
    // After the subcommand: an option of `exec`.
    const auto exec = std::find(command.argv.begin(), command.argv.end(), "exec");
    const TemporaryFile pid_file(name + ".pid");
    std::vector<std::string> own = {"--console-socket", terminal.socket_path()};
    const bool detach = runtime.ExecTerminalNeedsDetach();
    if (detach) {
      own.insert(own.end(), {"--detach", "--pid-file", pid_file.path()});
      if (::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) return common::ErrnoError("become a subreaper");
    }
    command.argv.insert(exec + 1, own.begin(), own.end());
    ASSIGN_OR_RETURN(common::Child child, common::Spawn(command));
    ASSIGN_OR_RETURN(const common::ExitStatus exit,
                     terminal.Run(std::move(child), options.interactive, detach ? pid_file.path() : ""));
    return ResultOf(runtime, exit, log_file.path(), options);
  }
  command.stdin_fd = options.interactive ? STDIN_FILENO : -1;
  command.stdout_fd = STDOUT_FILENO;
  ASSIGN_OR_RETURN(const common::Child child, common::Spawn(command));
  ASSIGN_OR_RETURN(const common::ExitStatus exit, common::Wait(child.pid));
  return ResultOf(runtime, exit, log_file.path(), options);
}

}  // namespace skiff::pod
