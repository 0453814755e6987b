// kube play.
#include "kube/play/play.h"

#include <unistd.h>

#include "cli/command.h"
#include "cli/kube/commands.h"
#include "cli/kube/image_retry.h"
#include "cli/kube/manifest_input.h"
#include "cli/kube/play_wait.h"
#include "cli/notation/duration.h"
#include "cli/notation/networks.h"
#include "cli/registry/provide_images.h"

namespace skiff::cli {

using common::ErrorCode;
using common::MakeError;
using common::Result;

namespace {

class KubePlayCommand : public Command {
 public:
  void Declare(Arguments& a) override {
    a.Switch("--replace", replace_, "Replace unchanged pods too, and pods that were not made by kube play");
    a.Switch("--start", start_, "Start the pods (default true)");
    a.List("--net,--network", networks_, "name[:options]", "Network of the pods: a name, host or none");
    a.List("--publish", options_.publish, "[[IP:]HOST:]PORT",
           "Publish a port, in place of the YAML's hostPort", ListStyle::kCommaSeparated);
    a.List("--configmap", config_maps_, "file", "YAML with further ConfigMaps", ListStyle::kCommaSeparated);
    a.Value("--validate", validate_, "mode",
            "Unknown fields: strict (an error), warn or ignore (default strict)");
    a.Switch("-q,--quiet", quiet_, "Print errors only");
    a.Switch("--down", down_, "Remove what the YAML describes, as kube down");
    a.Switch("--force", force_, "With --down or --wait: remove the volumes of claims too");
    a.Ignored("--log-driver", true);
    access_.Declare(a);
    access_.DeclareCredentials(a);
    access_.DeclareRetry(a);
    a.Ignored("--build", false);
    a.OptionalValue("--wait", wait_, "ready|complete", "true",
                    "Wait until the pods are ready, or have ended; alone: stay in the foreground until they end or Ctrl-C, "
                    "then take everything down");
    a.Value("--timeout", timeout_, "time", "With --wait: give up after this time; 0 waits without limit (default: 5m with ready, otherwise 0)");
    a.Refused("--annotation", true, "not supported; write the annotation into the YAML");
    a.Refused("--userns", true, "user namespaces are not supported yet");
    a.Operands(sources_, 1);
  }

  Result<int> Run(Context& context) override {
    manifests::LoadOptions load;
    ASSIGN_OR_RETURN(load.validation, manifests::ParseValidation(validate_));
    load.require_objects = !down_;
    ASSIGN_OR_RETURN(const std::vector<kube::Object> objects, LoadObjects(sources_, load));
    ASSIGN_OR_RETURN(const PlayWaitOptions wait, WaitOptions());
    if (down_) return TakeDown(context, objects, force_, quiet_);
    if (!config_maps_.empty()) {
      load.require_objects = false;
      ASSIGN_OR_RETURN(options_.config_maps, LoadObjects(config_maps_, load), "--configmap");
    }
    if (!networks_.empty()) {
      options_.network.emplace();
      for (const std::string& network : networks_) TRY(ApplyNetworkFlag(network, *options_.network));
    }
    options_.replace = replace_;
    options_.start = start_.value_or(true);
    options_.read_object = ReadStoredObject;
    options_.provide_images = [&](const std::vector<kube::ImageWish>& wishes) {
      return ProvideImagesOf(context, wishes, access_, quiet_);
    };
    ASSIGN_OR_RETURN(pod::Engine * engine, context.ChangingEngine());
    if (options_.network) TRY(engine->CheckNetworks(*options_.network), "--network");
    context.services_followed();
    ASSIGN_OR_RETURN(const kube::BackendFactory backend,
                     wait.mode == PlayWait::kNone ? Backend(context) : Backend(context, [&wait] { return wait.leave_starts->load(); }));
    const auto play = [&](const std::atomic<bool>& given_up) {
      const kube::PlayReport report = kube::Play(objects, options_, backend, {{}, PrintWarning});
      if (options_.start && !given_up) TryRetryImages(context, report, access_);
      if (!quiet_ && !given_up) Show(report);
      FlushOutput();
      return given_up ? 0 : ShowErrors(report, objects, sources_);
    };
    if (wait.mode == PlayWait::kNone) return play(false);
    return PlayAndWait(context, objects, wait, play);
  }

 private:
  Result<PlayWaitOptions> WaitOptions() const {
    constexpr std::chrono::minutes kReadyPatience{5};
    PlayWaitOptions wait;
    ASSIGN_OR_RETURN(wait.mode, ParsePlayWait(wait_));
    if (wait.mode == PlayWait::kNone && !timeout_.empty())
      return MakeError(ErrorCode::kInvalid, "--timeout needs --wait, --wait=ready or --wait=complete");
    if (wait.mode != PlayWait::kNone && !start_.value_or(true))
      return MakeError(ErrorCode::kInvalid, "--wait and --start=false exclude each other");
    if (wait.mode == PlayWait::kReady) wait.timeout = kReadyPatience;
    if (!timeout_.empty()) {
      ASSIGN_OR_RETURN(wait.timeout, ParseDuration(timeout_), "--timeout");
      if (wait.timeout->count() < 0) return MakeError(ErrorCode::kInvalid, "--timeout: \"{}\" is less than nothing; 0 waits without limit", timeout_);
      if (wait.timeout->count() == 0) wait.timeout.reset();
    }
    wait.show_logs = wait.mode != PlayWait::kReady && !quiet_ && ::isatty(STDOUT_FILENO) != 0;
    wait.quiet = quiet_;
    wait.force = force_;
    return wait;
  }

  // podman's output, with what happened to each pod behind its heading.
  static void Show(const kube::PlayReport& report) {
    if (!report.volumes.empty()) PrintSection("Volumes:", report.volumes);
    if (!report.secrets.empty()) PrintSection("Secrets:", report.secrets);
    if (!report.removed_pods.empty()) PrintSection("Pods removed:", report.removed_pods);
    for (const kube::PodResult& pod : report.pods) {
      if (pod.id.empty()) continue;
      PrintSection("Pod:", {pod.id});
      PrintSection(pod.container_ids.size() == 1 ? "Container:" : "Containers:", pod.container_ids);
      PrintLine("");
    }
    for (const kube::PodResult& pod : report.pods) {
      if (pod.id.empty()) continue;
      const bool restarted = pod.started && pod.change == kube::Change::kUnchanged;
      const std::string note = restarted            ? " (started)"
                               : pod.repaired       ? " (network repaired)"
                               : pod.waiting.empty() ? ""
                                                     : fmt::format(" ({})", pod.waiting);
      PrintLine(fmt::format("pod/{} {}{}", pod.name, kube::ChangeName(pod.change), note));
    }
    for (const kube::ObjectResult& object : report.objects) {
      std::string kind = object.kind;
      for (char& c : kind) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      if (kind != "pod")
        PrintLine(fmt::format("{}/{} {}", kind, object.name, kube::ChangeName(object.change)));
    }
  }

  kube::PlayOptions options_;
  AccessFlags access_;
  bool replace_ = false, quiet_ = false, down_ = false, force_ = false;
  std::optional<bool> start_;
  std::string validate_ = "strict", wait_, timeout_;
  std::vector<std::string> config_maps_, networks_, sources_;
};

}  // namespace

std::unique_ptr<Command> MakeKubePlay() { return std::make_unique<KubePlayCommand>(); }

}  // namespace skiff::cli
