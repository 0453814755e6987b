// kube apply, kube scale, kube rollout status.
#include "cli/command.h"
#include "cli/kube/commands.h"
#include "cli/kube/manifest_input.h"
#include "cli/kube/play_objects.h"
#include "cli/kube/resources.h"
#include "cli/notation/duration.h"
#include "cli/notation/text.h"
#include "kube/play/object_key.h"
#include "kube/play/object_store.h"
#include "kube/play/play.h"
#include "kube/translate/value_access.h"
#include "pod/state/state_watch.h"

namespace skiff::cli {

using common::ErrorCode;
using common::MakeError;
using common::Result;

namespace {

void PrintKubectlError(const common::Error& error) { PrintErrorLine("error: " + error.message()); }

int ShowKubectlErrors(const kube::PlayReport& report, const std::vector<kube::Object>& objects,
                      const std::vector<std::string>& sources = {}) {
  return ShowErrors(report, objects, sources, PrintKubectlError) == 0 ? 0 : kKubectlFailure;
}

class ApplyCommand : public KubectlCommand {
 public:
  void Declare(Arguments& a) override {
    a.List("-f,--filename", files_, "file", "A file, a folder, or - for standard input",
           ListStyle::kCommaSeparated);
    a.Switch("-R,--recursive", recursive_, "Folders in folders, too");
    a.Value("--validate", validate_, "mode",
            "Unknown fields: strict (an error), warn or ignore (default strict)");
    a.Value("-o,--output", output_, "format", "name: print the names only");
    a.Refused("--dry-run", true, "not supported yet");
    a.Refused("--prune", false, "not supported; skiff kube delete removes single objects");
    a.Refused("-k,--kustomize", true,
              "not supported; pipe the output of kustomize build into skiff kube apply -f -");
    a.Switch("--server-side", server_side_,
             "Say \"serverside-applied\"; there is no other manager of fields with whom there could be a conflict");
    a.Refused("--field-manager", true, "not supported; fields have no managers here");
  }

 protected:
  Result<int> Act(Context& context) override {
    if (files_.empty())
      return MakeError(ErrorCode::kInvalid, "must specify one of -f and -k: skiff kube apply -f FILE");
    if (!output_.empty() && output_ != "name")
      return MakeError(ErrorCode::kInvalid, "-o {}: only name is supported", output_);
    manifests::LoadOptions load;
    load.recursive = recursive_;
    ASSIGN_OR_RETURN(load.validation, manifests::ParseValidation(validate_));
    ASSIGN_OR_RETURN(const std::vector<kube::Object> objects, LoadObjects(files_, load));
    ASSIGN_OR_RETURN(const kube::PlayReport report, PlayObjects(context, objects, false));
    for (const kube::ObjectResult& object : report.objects) Tell(object);
    return ShowKubectlErrors(report, objects, files_);
  }

 private:
  void Tell(const kube::ObjectResult& object) const {
    const kube::ResourceKind* kind = kube::FindResourceKind(object.kind);
    const std::string name = (kind == nullptr ? object.kind : kind->QualifiedSingular()) + "/" + object.name;
    if (!output_.empty()) return PrintLine(name);
    if (server_side_) return PrintLine(name + " serverside-applied");
    const bool configured = object.change == kube::Change::kReplaced;  // kubectl has no word of its own
    PrintLine(fmt::format("{} {}", name, configured ? "configured" : kube::ChangeName(object.change)));
  }

  std::vector<std::string> files_;
  bool recursive_ = false, server_side_ = false;
  std::string validate_ = "strict", output_;
};

class ScaleCommand : public KubectlCommand {
 public:
  void Declare(Arguments& a) override {
    namespace_.Declare(a, false);
    a.Value("--replicas", replicas_, "number", "How many pods there shall be");
    a.Value("--current-replicas", current_replicas_, "number", "Only if there shall be this many so far (-1: any)");
    a.Operands(operands_, 1);
  }

 protected:
  Result<int> Act(Context& context) override {
    if (!replicas_) return MakeError(ErrorCode::kInvalid, "The --replicas=COUNT flag is required");
    if (*replicas_ < 0 || *replicas_ > 10'000)
      return MakeError(ErrorCode::kInvalid, "--replicas goes from 0 to 10000");
    ResourceFlags flags;
    flags.kube_namespace = namespace_;
    flags.operands = operands_;
    ASSIGN_OR_RETURN(const ResourceQuery query, flags.Query());
    if (!query.by_name()) return MakeError(ErrorCode::kInvalid, "name what to scale: deployment/NAME");
    ASSIGN_OR_RETURN(const auto backend, OpenBackend(context));
    std::vector<kube::Object> objects;
    for (const ResourceRef& ref : query.refs) {
      if (ref.kind->kind != "Deployment")
        return MakeError(ErrorCode::kUnsupported, "{} cannot be scaled", ref.kind->plural);
      auto object = kube::LoadObject(*backend, ReadStoredObject,
                                     {std::string(ref.kind->kind), ref.kube_namespace, ref.name});
      if (!object && object.error().code() == ErrorCode::kNotFound) return NotFoundError(*ref.kind, ref.name);
      if (!object) return std::move(object).error();
      std::optional<int32_t>& replicas = object->As<kube::Deployment>()->spec.replicas;
      if (current_replicas_.value_or(-1) >= 0 && replicas != *current_replicas_)
        return MakeError(ErrorCode::kInvalid, "Expected replicas to be {}, was {}", *current_replicas_, *replicas);
      replicas = static_cast<int32_t>(*replicas_);
      objects.push_back(std::move(*object));
    }
    ASSIGN_OR_RETURN(const kube::PlayReport report, PlayObjects(context, objects, true));
    for (const kube::ObjectResult& object : report.objects)
      PrintLine(fmt::format("deployment.apps/{} scaled", object.name));
    return ShowKubectlErrors(report, objects);
  }

 private:
  NamespaceFlags namespace_;
  std::optional<int64_t> replicas_, current_replicas_;
  std::vector<std::string> operands_;
};

class RolloutStatusCommand : public KubectlCommand {
 public:
  void Declare(Arguments& a) override {
    namespace_.Declare(a, false);
    a.Switch("-w,--watch", watch_, "Wait until it is done (default true)");
    a.Value("--timeout", timeout_, "time", "How long to wait: 30s, 5m (default: no limit)");
    a.Operands(operands_, 1, 2);
  }

 protected:
  Result<int> Act(Context& context) override {
    ResourceFlags flags;
    flags.kube_namespace = namespace_;
    flags.operands = operands_;
    ASSIGN_OR_RETURN(const ResourceQuery query, flags.Query());
    if (!query.by_name() || query.refs.front().kind->kind != "Deployment")
      return MakeError(ErrorCode::kInvalid, "rollout status is there for deployments: deployment/NAME");
    const ResourceRef& ref = query.refs.front();
    std::optional<std::chrono::steady_clock::time_point> deadline;
    if (!timeout_.empty() && timeout_ != "0s" && timeout_ != "0") {
      ASSIGN_OR_RETURN(const auto timeout, ParseDuration(timeout_), "--timeout");
      deadline = std::chrono::steady_clock::now() + timeout;
    }
    ASSIGN_OR_RETURN(const common::SystemPaths paths, context.Paths());
    ASSIGN_OR_RETURN(pod::StateWatch watch, pod::StateWatch::Open(paths));
    ASSIGN_OR_RETURN(const auto backend, OpenBackend(context));
    std::string told;
    for (;;) {
      kube::LiveObjects live(*backend);
      ASSIGN_OR_RETURN(const auto object, live.Get(ref.kind->kind, ref.kube_namespace, ref.name));
      if (!object) return NotFoundError(*ref.kind, ref.name);
      const auto [text, done] = Progress(*object, ref.name);
      if (text != told) PrintLine(text);
      told = text;
      FlushOutput();
      if (done || !watch_.value_or(true)) return 0;
      ASSIGN_OR_RETURN(const bool again, watch.Wait(deadline));
      if (!again) return MakeError(ErrorCode::kTimeout, "timed out waiting for the condition");
    }
  }

 private:
  static std::pair<std::string, bool> Progress(const kube::Value& object, const std::string& name) {
    const int64_t wanted = kube::IntAt(object, "spec.replicas", 1);
    const int64_t total = kube::IntAt(object, "status.replicas");
    const int64_t updated = kube::IntAt(object, "status.updatedReplicas");
    const int64_t available = kube::IntAt(object, "status.availableReplicas");
    const std::string start = fmt::format("Waiting for deployment \"{}\" rollout to finish: ", name);
    if (updated < wanted)
      return {fmt::format("{}{} out of {} new replicas have been updated...", start, updated, wanted), false};
    if (total > updated)
      return {fmt::format("{}{} old replicas are pending termination...", start, total - updated), false};
    if (available < updated)
      return {fmt::format("{}{} of {} updated replicas are available...", start, available, updated), false};
    return {fmt::format("deployment \"{}\" successfully rolled out", name), true};
  }

  NamespaceFlags namespace_;
  std::optional<bool> watch_;
  std::string timeout_;
  std::vector<std::string> operands_;
};

}  // namespace

std::unique_ptr<Command> MakeKubeApply() { return std::make_unique<ApplyCommand>(); }
std::unique_ptr<Command> MakeKubeScale() { return std::make_unique<ScaleCommand>(); }
std::unique_ptr<Command> MakeKubeRolloutStatus() { return std::make_unique<RolloutStatusCommand>(); }

}  // namespace skiff::cli
