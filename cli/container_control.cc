// start, stop, kill, restart, rm, wait, container exists.
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/notation/sizes.h"
#include "cli/signal_proxy.h"

namespace skiff::cli {

using common::Error;
using common::ErrorCode;
using common::MakeError;
using common::Result;

namespace {

bool IsRunning(const pod::ContainerInfo& container) {
  return container.status.state == "running" || container.status.state == "waiting";
}

// The ids that a command is about: those named, or all that `wanted` picks.
Result<std::vector<std::string>> Targets(Context& context, const std::vector<std::string>& names, bool all,
                                         bool latest,
                                         const std::function<bool(const pod::ContainerInfo&)>& wanted) {
  if (!all && !latest) {
    if (names.empty()) return MakeError(ErrorCode::kInvalid, "name a container, or give --all or --latest");
    return names;
  }
  if (!names.empty()) return MakeError(ErrorCode::kInvalid, "--all and --latest take no names");
  ASSIGN_OR_RETURN(pod::Engine * engine, context.Engine());
  ASSIGN_OR_RETURN(const std::vector<pod::ContainerInfo> containers, engine->ListContainers());
  std::vector<std::string> ids;
  const pod::ContainerInfo* newest = nullptr;
  for (const pod::ContainerInfo& container : containers) {
    if (newest == nullptr || container.created >= newest->created) newest = &container;
    if (all && wanted(container)) ids.push_back(container.id);
  }
  if (latest && newest == nullptr) return MakeError(ErrorCode::kNotFound, "there are no containers");
  if (latest) ids.push_back(newest->id);
  return ids;
}

class StartCommand : public Command {
 public:
  void Declare(Arguments& a) override {
    a.Switch("-a,--attach", attach_, "Attach standard output and error, and return the exit code");
    a.Switch("-i,--interactive", interactive_, "Attach standard input too");
    a.Switch("--all", all_, "Start all containers that do not run");
    a.Switch("-l,--latest", latest_, "The container that was made last");
    a.Switch("--sig-proxy", signal_proxy_, "Pass signals on to the process (default true with --attach)");
    a.Value("--detach-keys", detach_keys_, "keys", "Keys that detach (default ctrl-p,ctrl-q)");
    a.Operands(names_, 0);
  }

  Result<int> Run(Context& context) override {
    ASSIGN_OR_RETURN(pod::Engine * engine, context.ChangingEngine());
    const auto stopped = [](const pod::ContainerInfo& container) { return !IsRunning(container); };
    ASSIGN_OR_RETURN(const auto targets, Targets(context, names_, all_, latest_, stopped));
    if (attach_ || interactive_) return Attached(context, *engine, targets);
    return context.ForEach(targets, [&](const std::string& name) -> Result<> {
      ASSIGN_OR_RETURN(const std::string id, context.FindContainer(name));
      TRY(engine->StartContainer(id), "unable to start container \"{}\"", name);
      PrintLine(name);
      return {};
    });
  }

 private:
  Result<int> Attached(Context& context, pod::Engine& engine, const std::vector<std::string>& targets) {
    if (targets.size() != 1)
      return MakeError(ErrorCode::kInvalid, "you cannot start and attach multiple containers at once");
    ASSIGN_OR_RETURN(const std::string id, context.FindContainer(targets.front()));
    ASSIGN_OR_RETURN(const pod::ContainerInfo info, engine.InspectContainer(id));
    SignalProxy proxy;
    if (signal_proxy_.value_or(true) && !info.spec.tty) TRY(proxy.Start(context, id));
    ASSIGN_OR_RETURN(const std::optional<int> code,
                     engine.Attach(id, !IsRunning(info), interactive_ && info.spec.stdin, detach_keys_));
    return code.value_or(0);
  }

  bool attach_ = false, interactive_ = false, all_ = false, latest_ = false;
  std::optional<bool> signal_proxy_;
  std::string detach_keys_ = "ctrl-p,ctrl-q";
  std::vector<std::string> names_;
};

class StopCommand : public Command {
 public:
  explicit StopCommand(bool restart) : restart_(restart) {}

  void Declare(Arguments& a) override {
    a.Value("-t,--time", time_, "seconds", "Time until it is killed (default: the container's own)");
    a.Switch("-a,--all", all_, restart_ ? "All containers" : "All running containers");
    a.Switch("-l,--latest", latest_, "The container that was made last");
    if (!restart_) a.Switch("-i,--ignore", ignore_, "A container that does not exist is no error");
    a.Operands(names_, 0);
  }

  Result<int> Run(Context& context) override {
    TRY(context.ChangingEngine());
    ASSIGN_OR_RETURN(const auto targets,
                     Targets(context, names_, all_, latest_, [&](const pod::ContainerInfo& container) {
                       return restart_ || IsRunning(container);
                     }));
    return context.ForEachAtOnce(targets, [&](Context& own, const std::string& name) -> Result<std::string> {
      const Result<std::string> id = own.FindContainer(name);
      if (!id && ignore_ && id.error().code() == ErrorCode::kNotFound) return std::string();
      if (!id) return id.error();
      ASSIGN_OR_RETURN(pod::Engine * engine, own.Engine());
      TRY(restart_ ? engine->RestartContainer(*id, time_) : engine->StopContainer(*id, time_));
      return name;
    });
  }

 private:
  bool restart_;
  std::optional<int64_t> time_;
  bool all_ = false, latest_ = false, ignore_ = false;
  std::vector<std::string> names_;
};

class KillCommand : public Command {
 public:
  void Declare(Arguments& a) override {
    a.Value("-s,--signal", signal_, "signal", "Signal to send (default KILL)");
    a.Switch("-a,--all", all_, "All running containers");
    a.Switch("-l,--latest", latest_, "The container that was made last");
    a.Operands(names_, 0);
  }

  Result<int> Run(Context& context) override {
    ASSIGN_OR_RETURN(const int signal, ParseSignal(signal_));
    ASSIGN_OR_RETURN(pod::Engine * engine, context.ChangingEngine());
    ASSIGN_OR_RETURN(const auto targets, Targets(context, names_, all_, latest_, IsRunning));
    return context.ForEach(targets, [&](const std::string& name) -> Result<> {
      ASSIGN_OR_RETURN(const std::string id, context.FindContainer(name));
      TRY(engine->KillContainer(id, signal));
      PrintLine(name);
      return {};
    });
  }

 private:
  std::string signal_ = "KILL";
  bool all_ = false, latest_ = false;
  std::vector<std::string> names_;
};

class RemoveCommand : public Command {
 public:
  void Declare(Arguments& a) override {
    a.Switch("-f,--force", force_, "Remove running containers too; one that does not exist is no error");
    a.Switch("-v,--volumes", volumes_, "Remove the container's anonymous volumes too");
    a.Switch("-a,--all", all_, "All containers");
    a.Switch("-i,--ignore", ignore_, "A container that does not exist is no error");
    a.Switch("-l,--latest", latest_, "The container that was made last");
    a.Value("-t,--time", time_, "seconds", "With --force: time until it is killed");
    a.Operands(names_, 0);
  }

  Result<int> Run(Context& context) override {
    TRY(context.ChangingEngine());
    ASSIGN_OR_RETURN(const auto targets,
                     Targets(context, names_, all_, latest_, [](const pod::ContainerInfo&) { return true; }));
    const auto remove = [&](Context& own, const std::string& name) -> Result<std::string> {
      const Result<std::string> id = own.FindContainer(name);
      if (!id && (ignore_ || force_) && id.error().code() == ErrorCode::kNotFound) return std::string();
      if (!id) return id.error();
      ASSIGN_OR_RETURN(pod::Engine * engine, own.Engine());
      if (force_ && time_) TRY(engine->StopContainer(*id, time_));
      const Result<> removed = engine->RemoveContainer(*id, force_, volumes_);
      // With --all, a pod's end may have taken it along.
      if (!removed && all_ && removed.error().code() == ErrorCode::kNotFound) return std::string();
      if (!removed) return removed.error();
      return name;
    };
    return context.ForEachAtOnce(targets, remove, [](const Error& error) {
      return error.code() == ErrorCode::kNotFound ? 1 : error.code() == ErrorCode::kBusy ? 2 : kExitFailure;
    });
  }

 private:
  bool force_ = false, volumes_ = false, all_ = false, ignore_ = false, latest_ = false;
  std::optional<int64_t> time_;
  std::vector<std::string> names_;
};

class WaitCommand : public Command {
 public:
  void Declare(Arguments& a) override {
    a.Switch("--ignore", ignore_, "A container that does not exist is no error");
    a.Switch("-l,--latest", latest_, "The container that was made last");
    a.Refused("--condition", true, "only the end of a container can be waited for");
    a.Ignored("-i,--interval", true);
    a.Operands(names_, 0);
  }

  Result<int> Run(Context& context) override {
    ASSIGN_OR_RETURN(pod::Engine * engine, context.Engine());
    ASSIGN_OR_RETURN(const auto targets, Targets(context, names_, false, latest_, IsRunning));
    return context.ForEach(targets, [&](const std::string& name) -> Result<> {
      const Result<std::string> id = context.FindContainer(name);
      if (!id && ignore_ && id.error().code() == ErrorCode::kNotFound) {
        PrintLine("-1");
        return {};
      }
      if (!id) return id.error();
      ASSIGN_OR_RETURN(const int code, engine->WaitContainer(*id));
      PrintLine(std::to_string(code));
      return {};
    });
  }

 private:
  bool ignore_ = false, latest_ = false;
  std::vector<std::string> names_;
};

class ContainerExistsCommand : public Command {
 public:
  void Declare(Arguments& a) override { a.Operands(names_, 1, 1); }

  Result<int> Run(Context& context) override {
    const Result<std::string> id = context.FindContainer(names_.front());
    if (!id && id.error().code() != ErrorCode::kNotFound) return id.error();
    return id ? 0 : 1;
  }

 private:
  std::vector<std::string> names_;
};

}  // namespace

std::unique_ptr<Command> MakeStart() { return std::make_unique<StartCommand>(); }
std::unique_ptr<Command> MakeStop() { return std::make_unique<StopCommand>(false); }
std::unique_ptr<Command> MakeRestart() { return std::make_unique<StopCommand>(true); }
std::unique_ptr<Command> MakeKill() { return std::make_unique<KillCommand>(); }
std::unique_ptr<Command> MakeRemove() { return std::make_unique<RemoveCommand>(); }
std::unique_ptr<Command> MakeWait() { return std::make_unique<WaitCommand>(); }
std::unique_ptr<Command> MakeContainerExists() { return std::make_unique<ContainerExistsCommand>(); }

}  // namespace skiff::cli
