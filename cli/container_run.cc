// run and create.
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/container_options.h"
#include "cli/names.h"
#include "cli/notation/networks.h"
#include "cli/registry/provide_images.h"
#include "cli/signal_proxy.h"
#include "common/file.h"

namespace skiff::cli {

using common::ErrorCode;
using common::MakeError;
using common::Result;

namespace {

constexpr int kNameAttempts = 20;

Result<> CheckCidFile(const std::string& path) {
  if (path.empty() || !common::PathExists(path)) return {};
  return MakeError(ErrorCode::kExists,
                   "container ID file {} exists: make sure that no other container is using it, or remove it",
                   path);
}

// "run --pod new:NAME".
Result<std::string> PodToJoin(Context& context, pod::Engine& engine, const ContainerFlags& flags) {
  if (!flags.pod.starts_with("new:")) return context.FindPod(flags.pod);
  ASSIGN_OR_RETURN(ContainerRequest request, BuildContainer(flags, std::filesystem::current_path()));
  pod::PodSpec pod = std::move(request.pod);
  pod.implicit = false;
  pod.exit_when_containers_exit = false;
  pod.name = flags.pod.substr(4);
  pod.volumes.clear();
  pod.ports = std::move(request.container.ports);
  return engine.CreatePod(pod);
}

// Namespaces of another container are named by its id.
Result<> ResolveTargets(Context& context, pod::PodSpec& pod) {
  if (pod.network.mode != pod::NetworkSpec::Mode::kContainer) return {};
  ASSIGN_OR_RETURN(pod.network.target, context.FindContainer(pod.network.target), "--network");
  return {};
}

Result<> RemoveNamesake(pod::Engine& engine, const ContainerFlags& flags) {
  if (!flags.replace) return {};
  if (flags.name.empty())
    return MakeError(ErrorCode::kInvalid, "--replace needs --name: it says which container to replace");
  const Result<std::string> id = engine.FindContainer(flags.name);
  if (!id) return {};
  return engine.RemoveContainer(*id, true);
}

// A name of our own invention may be taken: then another is tried.
Result<std::string> CreateNamed(pod::Engine& engine, ContainerRequest& request, const std::string& pod_id) {
  const bool invented = request.container.name.empty();
  for (int attempt = 1;; ++attempt) {
    if (invented)
      request.container.name =
          InventName() + (attempt > 5 ? std::to_string(attempt) + std::to_string(::getpid()) : "");
    if (pod_id.empty()) request.pod.name = request.container.name;
    Result<std::string> id = pod_id.empty()
                                 ? engine.CreateContainer(request.container, request.pod)
                                 : engine.CreateContainer(request.container, pod_id, request.volumes);
    if (id || !invented || id.error().code() != ErrorCode::kExists || attempt == kNameAttempts) return id;
  }
}

Result<> AddHealthCheck(pod::Engine& engine, const ContainerFlags& flags, pod::ContainerSpec& container) {
  const auto image = engine.images().Find(container.image);  // that it is missing is told when the container is made
  ASSIGN_OR_RETURN(container.health, BuildHealthCheck(flags.health, image ? &image->config.health : nullptr));
  return {};
}

Result<std::string> Create(Context& context, const ContainerFlags& flags) {
  TRY(CheckCidFile(flags.cidfile));
  ASSIGN_OR_RETURN(ContainerRequest request, BuildContainer(flags, std::filesystem::current_path()));
  for (const std::string& warning : request.warnings) PrintWarning(warning);
  TRY(ProvideImage(context, request.container.image, flags.pull, flags.access, flags.platform, flags.quiet_pull));
  ASSIGN_OR_RETURN(pod::Engine * engine, context.ChangingEngine());
  TRY(ResolveTargets(context, request.pod));
  TRY(engine->CheckNetworks(request.pod.network));
  TRY(RemoveNamesake(*engine, flags));
  std::string pod_id;
  if (!flags.pod.empty()) {
    ASSIGN_OR_RETURN(pod_id, PodToJoin(context, *engine, flags));
    request.container.ports.clear();  // the pod's
  }
  TRY(AddHealthCheck(*engine, flags, request.container));
  if (flags.publish_all && request.pod.network.mode == pod::NetworkSpec::Mode::kBridge) {
    ASSIGN_OR_RETURN(const image::Image image, engine->images().Find(request.container.image));
    std::vector<std::string> exposed = image.config.exposed_ports;
    exposed.insert(exposed.end(), flags.expose.begin(), flags.expose.end());
    ASSIGN_OR_RETURN(const auto ports, BuildPorts(exposed));
    auto& published = request.container.ports;
    for (const pod::PortMapping& port : ports) {
      const auto same = [&](const pod::PortMapping& p) {
        return p.container_port == port.container_port && p.protocol == port.protocol;
      };
      if (std::ranges::none_of(published, same)) published.push_back(port);
    }
  }
  ASSIGN_OR_RETURN(std::string id, CreateNamed(*engine, request, pod_id));
  if (!flags.cidfile.empty()) TRY(common::WriteFile(flags.cidfile, id));
  return id;
}

class CreateCommand : public Command {
 public:
  void Declare(Arguments& arguments) override { flags_.Declare(arguments); }

  Result<int> Run(Context& context) override {
    const Result<std::string> id = Create(context, flags_);
    // 126 and 127 are for commands that run something.
    if (!id && ExitCodeFor(id.error()) != kExitFailure) return MakeError(ErrorCode::kInvalid, "{}", id.error().message());
    TRY(id);
    PrintLine(*id);
    return 0;
  }

 private:
  ContainerFlags flags_;
};

class RunCommand : public Command {
 public:
  void Declare(Arguments& arguments) override {
    flags_.Declare(arguments);
    arguments.Switch("-d,--detach", flags_.detach, "Run in the background and print the container's id");
    arguments.Switch("--sig-proxy", signal_proxy_, "Pass signals on to the process (default true)");
    arguments.Value("--detach-keys", detach_keys_, "keys", "Keys that detach (default ctrl-p,ctrl-q)");
    arguments.Refused("-a,--attach", true, "all streams are attached; redirect those that you do not want");
  }

  Result<int> Run(Context& context) override {
    ASSIGN_OR_RETURN(const std::string id, Create(context, flags_));
    ASSIGN_OR_RETURN(pod::Engine * engine, context.Engine());
    Result<int> code = flags_.detach ? StartDetached(*engine, id) : RunAttached(context, *engine, id);
    if (!code) RemoveFailed(*engine, id);
    return code;
  }

 private:
  Result<int> StartDetached(pod::Engine& engine, const std::string& id) {
    if (auto started = engine.StartContainer(id); !started) return NotStarted(std::move(started).error());
    PrintLine(id);
    return 0;
  }

  Result<int> RunAttached(Context& context, pod::Engine& engine, const std::string& id) {
    FlushOutput();
    SignalProxy proxy;
    if (signal_proxy_.value_or(true) && !flags_.tty) TRY(proxy.Start(context, id));
    const Result<std::optional<int>> code = engine.Attach(id, true, flags_.interactive, detach_keys_);
    if (!code) return NotStarted(code.error());
    proxy.Stop();
    if (!*code) return 0;  // detached: it goes on
    engine.LeaveCleanUps();
    if (flags_.rm) TRY(RemoveEnded(engine, id));
    return **code;
  }

  // podman's rule: whatever keeps a container that could be made from running is 126, unless its command does not exist.
  static common::Error NotStarted(common::Error error) {
    if (ExitCodeFor(error) != kExitFailure) return error;
    return MakeError(ErrorCode::kCommandNotExecutable, "{}", error.message());
  }

  // The supervisor's exit command may have been faster.
  static Result<> RemoveEnded(pod::Engine& engine, const std::string& id) {
    const Result<> removed = engine.RemoveContainer(id, true, true);
    if (!removed && removed.error().code() != ErrorCode::kNotFound) return removed.error();
    return {};
  }

  // A container that could not start leaves nothing behind.
  void RemoveFailed(pod::Engine& engine, const std::string& id) {
    const Result<> removed = RemoveEnded(engine, id);
    if (!removed)
      PrintWarning(fmt::format("remove the container that did not start: {}", removed.error().message()));
    if (!flags_.cidfile.empty()) {
      const Result<> unlinked = common::RemoveFile(flags_.cidfile);
      if (!unlinked) PrintWarning(unlinked.error().message());
    }
  }

  ContainerFlags flags_;
  std::optional<bool> signal_proxy_;
  std::string detach_keys_ = "ctrl-p,ctrl-q";
};

}  // namespace

std::unique_ptr<Command> MakeRun() { return std::make_unique<RunCommand>(); }
std::unique_ptr<Command> MakeCreate() { return std::make_unique<CreateCommand>(); }

}  // namespace skiff::cli
