// kube delete.
#include <algorithm>
#include <set>

#include "cli/command.h"
#include "cli/kube/commands.h"
#include "cli/kube/manifest_input.h"
#include "cli/kube/play_objects.h"
#include "cli/kube/resources.h"
#include "kube/play/down.h"
#include "kube/play/object_key.h"
#include "kube/play/object_store.h"
#include "kube/play/plan.h"
#include "kube/translate/value_access.h"

namespace skiff::cli {

using common::ErrorCode;
using common::MakeError;
using common::Result;

namespace {

class DeleteCommand : public KubectlCommand {
 public:
  void Declare(Arguments& a) override {
    flags_.Declare(a, true);
    a.Switch("--all", all_, "All objects of the type in the namespace");
    a.Value("--grace-period", grace_, "seconds",
            "Time that the pods get to end (default: their own; 0 needs --force)");
    a.Switch("--force", force_, "End the pods at once");
    a.Switch("--now", now_, "As --grace-period=1");
    a.Switch("--ignore-not-found", ignore_not_found_, "What is not there is no error");
    a.Switch("--wait", wait_, "Return when everything is gone (default true)");
    a.Value("-o,--output", output_, "format", "name: print the names only");
    a.Refused("--timeout", true, "not supported; every object is waited for as long as its grace period lasts");
    a.Refused("--cascade", true, "not supported; pods always go with their Deployment");
  }

 protected:
  Result<int> Act(Context& context) override {
    TRY(Check());
    ASSIGN_OR_RETURN(const ResourceQuery query, flags_.Query());
    if (!query.by_name() && !all_ && flags_.labels.empty() && flags_.fields.empty())
      return MakeError(
          ErrorCode::kInvalid,
          "resource(s) were provided, but no name was specified: name them, or give -l or --all");
    TRY(context.ChangingEngine());
    ASSIGN_OR_RETURN(const auto backend, OpenBackend(context));
    kube::LiveObjects live(*backend);
    ASSIGN_OR_RETURN(const FoundObjects found, FindObjects(live, query));
    ASSIGN_OR_RETURN(const auto* pods, live.Pods());
    if (force_) PrintWarning("Immediate deletion does not wait for the pods to end in order.");
    int code = 0;
    for (const FoundObject& object : found.objects) {
      const Result<> deleted = Delete(context, *backend, object, *pods);
      if (deleted) {
        Tell(object);
        NoteOwner(object, *pods);
        continue;
      }
      PrintErrorLine("error: " + deleted.error().message());
      code = kKubectlFailure;
    }
    TRY(ReplacePods(context, *backend));
    if (found.objects.empty() && found.missing.empty()) PrintErrorLine("No resources found");
    if (ignore_not_found_) return code;
    for (const ResourceRef& ref : found.missing) PrintErrorLine(NotFoundError(*ref.kind, ref.name).message());
    return found.missing.empty() ? code : kKubectlFailure;
  }

 private:
  Result<> Check() {
    if (!output_.empty() && output_ != "name")
      return MakeError(ErrorCode::kInvalid, "unexpected -o output mode: {}. We only support '-o name'",
                       output_);
    if (!wait_.value_or(true))
      return MakeError(ErrorCode::kUnsupported,
                       "--wait=false: nobody would be there to end the pods; put the command into the "
                       "background instead");
    if (now_ && grace_)
      return MakeError(ErrorCode::kInvalid, "--now and --grace-period cannot be specified together");
    if (now_) grace_ = 1;
    if (grace_ && *grace_ < 0) grace_.reset();
    if (grace_ && *grace_ == 0 && !force_) grace_ = 1;
    if (force_ && !grace_) grace_ = 0;
    return {};
  }

  // The pods first, all at once, then what they were made from.
  Result<> Delete(Context& context, kube::PodBackend& backend, const FoundObject& object,
                  const std::vector<pod::PodInfo>& pods) const {
    const kube::ObjectKey key{std::string(object.kind->kind),
                              kube::TextAt(object.object, "metadata.namespace"),
                              kube::TextAt(object.object, "metadata.name")};
    if (key.kind == "Event" || key.kind == "Namespace")
      return MakeError(ErrorCode::kUnsupported, "{} \"{}\" cannot be deleted: it is no object of its own",
                       object.kind->plural, key.name);
    std::vector<std::string> ids;
    for (const pod::PodInfo& pod : pods) {
      const bool same =
          key.kind == "Pod" && pod.spec.kube_namespace == key.kube_namespace && pod.spec.name == key.name;
      if (same || (key.kind == "Deployment" && kube::BelongsTo(pod, key))) ids.push_back(pod.id);
    }
    const int code =
        context.ForEachAtOnce(ids, [&](Context& own, const std::string& id) -> Result<std::string> {
          ASSIGN_OR_RETURN(pod::Engine * engine, own.Engine());
          TRY(engine->RemovePod(id, true, grace_, true));
          return std::string();
        });
    if (code != 0)
      return MakeError(ErrorCode::kBusy, "{} \"{}\" could not be deleted", object.kind->singular, key.name);
    ASSIGN_OR_RETURN(const auto stored, backend.GetObject(key.kind, key.kube_namespace, key.name));
    if (!stored) return {};
    // With everything that an object of its kind holds: a claim its volume, a Service its address.
    ASSIGN_OR_RETURN(const kube::Object definition, ReadStoredObject(stored->json));
    ASSIGN_OR_RETURN(const kube::BackendFactory open, Backend(context));
    kube::DownOptions options;
    options.read_object = ReadStoredObject;
    options.force = key.kind == kube::PersistentVolumeClaim::kKind;
    const kube::DownReport report = kube::Down({definition}, options, open);
    if (!report.errors.empty()) return report.errors.front();
    return {};
  }

  void NoteOwner(const FoundObject& object, const std::vector<pod::PodInfo>& pods) {
    if (object.kind->kind != "Pod") return;
    for (const pod::PodInfo& pod : pods)
      if (pod.spec.kube_namespace == kube::TextAt(object.object, "metadata.namespace") &&
          pod.spec.name == kube::TextAt(object.object, "metadata.name"))
        owners_.insert(pod.spec.owner);
  }

  // As its controller would: a Deployment that stays gets its pods back.
  Result<> ReplacePods(Context& context, kube::PodBackend& backend) const {
    std::vector<kube::Object> deployments;
    ASSIGN_OR_RETURN(const auto stored, backend.ListObjects(kube::Deployment::kKind));
    for (const auto& one : stored) {
      const kube::ObjectKey key{kube::Deployment::kKind, one.kube_namespace, one.name};
      if (!owners_.contains(key.ToString())) continue;
      ASSIGN_OR_RETURN(kube::Object object, kube::LoadObject(backend, ReadStoredObject, key));
      deployments.push_back(std::move(object));
    }
    if (deployments.empty()) return {};
    ASSIGN_OR_RETURN(const kube::PlayReport report, PlayObjects(context, deployments, true));
    if (!report.errors.empty()) return common::Error(report.errors.front()).Wrap("the deleted pod cannot be replaced");
    return {};
  }

  void Tell(const FoundObject& object) const {
    if (output_ == "name") return PrintLine(QualifiedName(object));
    PrintLine(fmt::format("{} \"{}\" {}", object.kind->QualifiedSingular(),
                          kube::TextAt(object.object, "metadata.name"),
                          force_ ? "force deleted" : "deleted"));
    FlushOutput();
  }

  ResourceFlags flags_;
  std::set<std::string> owners_;  // of the pods that were deleted
  std::optional<int64_t> grace_;
  std::optional<bool> wait_;
  std::string output_;
  bool all_ = false, force_ = false, now_ = false, ignore_not_found_ = false;
};

}  // namespace

std::unique_ptr<Command> MakeKubeDelete() { return std::make_unique<DeleteCommand>(); }

}  // namespace skiff::cli
