// exec, attach, logs.
#include <algorithm>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/log_printer.h"
#include "cli/notation/sizes.h"
#include "cli/notation/text.h"
#include "cli/signal_proxy.h"
#include "common/file.h"

namespace skiff::cli {

using common::ErrorCode;
using common::MakeError;
using common::Result;

namespace {

constexpr int kNoSession = 255;  // podman's exit code of an exec that did not come as far as its command

Result<std::string> LatestContainer(pod::Engine& engine) {
  ASSIGN_OR_RETURN(const std::vector<pod::ContainerInfo> containers, engine.ListContainers());
  const pod::ContainerInfo* newest = nullptr;
  for (const pod::ContainerInfo& container : containers)
    if (newest == nullptr || container.created >= newest->created) newest = &container;
  if (newest == nullptr) return MakeError(ErrorCode::kNotFound, "there are no containers");
  return newest->id;
}

class ExecCommand : public Command {
 public:
  void Declare(Arguments& a) override {
    a.Switch("-i,--interactive", options_.interactive, "Keep standard input open");
    a.Switch("-t,--tty", options_.tty, "Give the command a terminal");
    a.List("-e,--env", env_, "NAME=VALUE", "Set an environment variable");
    a.List("--env-file", env_files_, "file", "Read environment variables from a file",
           ListStyle::kCommaSeparated);
    a.Value("-w,--workdir", options_.working_dir, "path", "Working directory");
    a.Value("-u,--user", options_.user, "user[:group]", "Name or number of the user, and of the group");
    a.Switch("--privileged", options_.privileged, "All capabilities");
    a.Switch("-l,--latest", latest_, "The container that was made last");
    a.Refused("-d,--detach", false,
              "not supported: the command would have nobody to end with; start it with 'sh -c \"CMD &\"'");
    a.Ignored("--detach-keys", true);
    a.Operands(operands_, 0);
    a.EndFlagsAtFirstOperand();
  }

  Result<int> Run(Context& context) override {
    ASSIGN_OR_RETURN(pod::Engine * engine, context.Engine());
    std::string id;
    if (latest_) {
      ASSIGN_OR_RETURN(id, LatestContainer(*engine));
    } else {
      if (operands_.empty())
        return MakeError(ErrorCode::kInvalid,
                         "exec requires the name or ID of a container or the --latest flag");
      ASSIGN_OR_RETURN(id, context.FindContainer(operands_.front()));
      operands_.erase(operands_.begin());
    }
    if (operands_.empty())
      return NoSession(MakeError(ErrorCode::kInvalid, "must provide a non-empty command to start an exec session"));
    options_.command = operands_;
    TRY(ReadEnvironment());
    ASSIGN_OR_RETURN(const pod::ContainerInfo info, engine->InspectContainer(id));
    if (info.status.state != "running")
      return NoSession(MakeError(ErrorCode::kBusy, "can only run commands in running containers: {} is {}", info.name,
                                 info.status.state));
    FlushOutput();
    Result<int> code = engine->Exec(id, options_);
    if (!code && ExitCodeFor(code.error()) == kExitFailure) return NoSession(code.error());
    return code;
  }

 private:
  static int NoSession(const common::Error& error) {
    PrintError(error);
    return kNoSession;
  }

  Result<> ReadEnvironment() {
    for (const std::string& file : env_files_) {
      ASSIGN_OR_RETURN(const std::string text, common::ReadFile(file), "--env-file");
      ASSIGN_OR_RETURN(const auto pairs, ParseEnvFile(text, file));
      for (const auto& [name, value] : pairs) options_.env.push_back(name + "=" + value);
    }
    for (const std::string& flag : env_)
      for (const auto& [name, value] : ParseEnvFlag(flag)) options_.env.push_back(name + "=" + value);
    if (options_.tty && std::none_of(options_.env.begin(), options_.env.end(),
                                     [](const std::string& entry) { return entry.starts_with("TERM="); }))
      options_.env.insert(options_.env.begin(), "TERM=xterm");
    return {};
  }

  pod::ExecOptions options_;
  std::vector<std::string> env_, env_files_, operands_;
  bool latest_ = false;
};

class AttachCommand : public Command {
 public:
  void Declare(Arguments& a) override {
    a.Switch("--no-stdin", no_stdin_, "Do not pass standard input on");
    a.Switch("--sig-proxy", signal_proxy_, "Pass signals on to the process (default true)");
    a.Value("--detach-keys", detach_keys_, "keys", "Keys that detach (default ctrl-p,ctrl-q)");
    a.Switch("-l,--latest", latest_, "The container that was made last");
    a.Operands(operands_, 0, 1);
  }

  Result<int> Run(Context& context) override {
    ASSIGN_OR_RETURN(pod::Engine * engine, context.Engine());
    if (operands_.empty() && !latest_)
      return MakeError(ErrorCode::kInvalid,
                       "attach requires the name or ID of one running container or the --latest flag");
    ASSIGN_OR_RETURN(const std::string id,
                     latest_ ? LatestContainer(*engine) : context.FindContainer(operands_.front()));
    ASSIGN_OR_RETURN(const pod::ContainerInfo info, engine->InspectContainer(id));
    if (info.status.state != "running")
      return MakeError(ErrorCode::kBusy, "you can only attach to running containers: {} is {}", info.name,
                       info.status.state);
    SignalProxy proxy;
    if (signal_proxy_.value_or(true) && !info.spec.tty) TRY(proxy.Start(context, id));
    ASSIGN_OR_RETURN(const std::optional<int> code,
                     engine->Attach(id, false, !no_stdin_ && info.spec.stdin, detach_keys_));
    return code.value_or(0);
  }

 private:
  bool no_stdin_ = false, latest_ = false;
  std::optional<bool> signal_proxy_;
  std::string detach_keys_ = "ctrl-p,ctrl-q";
  std::vector<std::string> operands_;
};

// logs and pod logs.
class LogsCommand : public Command {
 public:
  explicit LogsCommand(bool of_pod) : of_pod_(of_pod) {}

  void Declare(Arguments& a) override {
    a.Switch("-f,--follow", options_.follow, "Go on until the container ends");
    a.Switch("-t,--timestamps", options_.timestamps, "Show the time of each line");
    a.Value("--tail", tail_, "lines", "Only the last lines (default: all)");
    a.Value("--since", since_, "time", "Since a time (RFC 3339) or for a while (10m, 2h)");
    a.Value("--until", until_, "time", "Up to a time (RFC 3339), or up to a while ago (10m)");
    a.Switch("-n,--names", names_, "Show the name of the container in front of each line");
    a.Switch("-l,--latest", latest_,
             of_pod_ ? "The pod that was made last" : "The container that was made last");
    a.Ignored("--color", false);
    if (of_pod_) {
      a.Value("-c,--container", container_, "name", "Only this container of the pod");
    } else {
      a.Switch("-p,--previous", options_.previous, "Of the run before the last restart");
    }
    a.Operands(operands_, 0);
  }

  Result<int> Run(Context& context) override {
    TRY(ReadOptions());
    ASSIGN_OR_RETURN(pod::Engine * engine, context.Engine());
    ASSIGN_OR_RETURN(const std::vector<LogSource> sources,
                     of_pod_ ? PodSources(context, *engine) : Sources(context, *engine));
    const LogPrintOptions print{.read = options_, .until = until_, .names = names_ || (of_pod_ && sources.size() > 1)};
    TRY(PrintLogs(context, sources, print));
    return 0;
  }

 private:
  Result<> ReadOptions() {
    if (!tail_.empty() && tail_ != "all" && tail_ != "-1") {
      ASSIGN_OR_RETURN(options_.tail, ParseInteger(tail_, 0, INT64_MAX), "--tail");
    }
    if (!since_.empty()) {
      ASSIGN_OR_RETURN(options_.since, ResolveTime(since_), "--since");
    }
    if (!until_.empty()) {
      ASSIGN_OR_RETURN(until_, ResolveTime(until_), "--until");
    }
    return {};
  }

  Result<std::vector<LogSource>> Sources(Context& context, pod::Engine& engine) const {
    std::vector<std::string> ids;
    if (latest_) {
      ASSIGN_OR_RETURN(ids.emplace_back(), LatestContainer(engine));
    }
    for (const std::string& name : operands_) {
      ASSIGN_OR_RETURN(ids.emplace_back(), context.FindContainer(name));
    }
    if (ids.empty())
      return MakeError(ErrorCode::kInvalid, "specify at least one container name or ID to log");
    std::vector<LogSource> sources;
    for (const std::string& id : ids) {
      ASSIGN_OR_RETURN(const pod::ContainerInfo info, engine.InspectContainer(id));
      sources.push_back({id, info.name});
    }
    return sources;
  }

  Result<std::vector<LogSource>> PodSources(Context& context, pod::Engine& engine) const {
    std::string pod_id;
    if (!operands_.empty()) {
      ASSIGN_OR_RETURN(pod_id, context.FindPod(operands_.front()));
    } else if (latest_) {
      ASSIGN_OR_RETURN(const std::vector<pod::PodInfo> pods, engine.ListPods());
      const pod::PodInfo* newest = nullptr;
      for (const pod::PodInfo& pod : pods)
        if (!pod.spec.implicit && (newest == nullptr || pod.created >= newest->created)) newest = &pod;
      if (newest == nullptr) return MakeError(ErrorCode::kNotFound, "there are no pods");
      pod_id = newest->id;
    } else {
      return MakeError(ErrorCode::kInvalid, "name a pod, or give --latest");
    }
    ASSIGN_OR_RETURN(const pod::PodInfo pod, engine.InspectPod(pod_id));
    std::vector<LogSource> sources;
    std::vector<std::string> names;
    for (const pod::ContainerInfo& container : pod.containers) {
      names.push_back(container.spec.name);
      if (container_.empty() || container.name == container_ || container.spec.name == container_ ||
          container.id == container_)
        sources.push_back({container.id, container.name});
    }
    if (sources.empty() && !container_.empty())
      return MakeError(ErrorCode::kNotFound, "pod {} has no container \"{}\"; it has: {}", pod.name,
                       container_, Join(names, ", "));
    return sources;
  }

  bool of_pod_;
  pod::LogOptions options_;
  std::string tail_, since_, until_, container_;
  bool names_ = false, latest_ = false;
  std::vector<std::string> operands_;
};

}  // namespace

std::unique_ptr<Command> MakeExec() { return std::make_unique<ExecCommand>(); }
std::unique_ptr<Command> MakeAttach() { return std::make_unique<AttachCommand>(); }
std::unique_ptr<Command> MakeLogs() { return std::make_unique<LogsCommand>(false); }
std::unique_ptr<Command> MakePodLogs() { return std::make_unique<LogsCommand>(true); }

}  // namespace skiff::cli
