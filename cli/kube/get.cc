// kube get.
#include <map>

#include "cli/command.h"
#include "cli/kube/commands.h"
#include "cli/kube/output.h"
#include "cli/kube/resources.h"
#include "common/clock.h"
#include "kube/translate/value_access.h"
#include "pod/state/state_watch.h"

namespace skiff::cli {

using common::ErrorCode;
using common::MakeError;
using common::Result;

namespace {

class GetCommand : public KubectlCommand {
 public:
  void Declare(Arguments& a) override {
    flags_.Declare(a, true);
    a.Value("-o,--output", output_.format, "format",
            "wide, json, yaml, name, jsonpath=, jsonpath-file=, custom-columns=, custom-columns-file=, "
            "go-template= or "
            "go-template-file=");
    a.Switch("-w,--watch", watch_, "Go on and show every change");
    a.Switch("--watch-only", watch_only_, "Show the changes only, not what is there now");
    a.Switch("--output-watch-events", output_.watch_events, "With -w: say of each object whether it is new, changed or gone");
    a.Switch("--no-headers", output_.no_headers, "Without headings");
    a.Value("--sort-by", output_.sort_by, "path",
            "Sort by a field: a JSONPath such as .metadata.creationTimestamp");
    a.List("-L,--label-columns", output_.label_columns, "label", "A column with the values of this label",
           ListStyle::kCommaSeparated);
    a.Switch("--show-labels", output_.show_labels, "A column with the labels");
    a.Switch("--ignore-not-found", ignore_not_found_, "What is not there is no error");
    a.Ignored("--chunk-size", true);
  }

 protected:
  Result<int> Act(Context& context) override {
    ASSIGN_OR_RETURN(query_, flags_.Query());
    output_.all_namespaces = flags_.kube_namespace.all;
    output_.qualified_names = query_.several_kinds();
    if (output_.watch_events && !watch_ && !watch_only_)
      return MakeError(ErrorCode::kInvalid, "--output-watch-events option can only be used with --watch or --watch-only");
    ASSIGN_OR_RETURN(printer_, MakePrinter(output_));
    if (watch_ || watch_only_) return Watch(context);
    ASSIGN_OR_RETURN(const auto backend, OpenBackend(context));
    return Show(*backend);
  }

 private:
  bool is_table() const { return output_.format.empty() || output_.format == "wide"; }

  Result<int> Show(kube::PodBackend& backend) {
    kube::LiveObjects live(backend);
    ASSIGN_OR_RETURN(FoundObjects found, FindObjects(live, query_));
    if (!output_.sort_by.empty()) TRY(SortObjects(found.objects, output_.sort_by));
    const bool as_list = !query_.by_name() || query_.refs.size() > 1;
    // As kubectl: an empty list is shown where a document is wanted, but nothing for a name that does not
    // exist.
    if (!found.objects.empty() || (!is_table() && !query_.by_name())) {
      ASSIGN_OR_RETURN(const std::string text, printer_->Print(found.objects, as_list));
      Print(text);
    } else if (is_table() && found.missing.empty()) {
      TellNothing();
    }
    if (ignore_not_found_) return 0;
    for (const ResourceRef& ref : found.missing) PrintErrorLine(NotFoundError(*ref.kind, ref.name).message());
    return found.missing.empty() ? 0 : kKubectlFailure;
  }

  void TellNothing() const {
    if (ignore_not_found_) return;
    const bool everywhere =
        flags_.kube_namespace.all || (query_.kinds.size() == 1 && !query_.kinds.front()->namespaced);
    PrintErrorLine(everywhere
                       ? "No resources found"
                       : fmt::format("No resources found in {} namespace.", flags_.kube_namespace.name));
  }

  Result<int> Watch(Context& context) {
    if (query_.several_kinds())
      return MakeError(ErrorCode::kInvalid, "you may only specify a single resource type with --watch");
    ASSIGN_OR_RETURN(const common::SystemPaths paths, context.Paths());
    // Before the first look, so that nothing is missed between the two.
    ASSIGN_OR_RETURN(pod::StateWatch watch, pod::StateWatch::Open(paths, IsEvents()));
    ASSIGN_OR_RETURN(const auto backend, OpenBackend(context));
    bool first = true;
    for (;;) {
      ASSIGN_OR_RETURN(const int code, ShowChanges(*backend, first));
      if (code != 0) return code;
      first = false;
      FlushOutput();
      ASSIGN_OR_RETURN(const bool again, watch.Wait(std::nullopt));
      if (!again) return 0;
    }
  }

  bool IsEvents() const {
    return query_.by_name() ? query_.refs.front().kind->kind == "Event"
                            : query_.kinds.front()->kind == "Event";
  }

  Result<int> ShowChanges(kube::PodBackend& backend, bool first) {
    kube::LiveObjects live(backend);
    ASSIGN_OR_RETURN(FoundObjects found, FindObjects(live, query_));
    if (first && !found.missing.empty()) {
      for (const ResourceRef& ref : found.missing)
        PrintErrorLine(NotFoundError(*ref.kind, ref.name).message());
      return kKubectlFailure;
    }
    if (first && !output_.sort_by.empty()) TRY(SortObjects(found.objects, output_.sort_by));
    std::map<std::string, FoundObject> now;
    std::vector<FoundObject> changed;
    for (FoundObject& object : found.objects) {
      const std::string key = kube::TextAt(object.object, "metadata.uid") + "/" +
                              kube::TextAt(object.object, "metadata.namespace") + "/" +
                              kube::TextAt(object.object, "metadata.name");
      const auto known = known_.find(key);
      object.event = known == known_.end() ? "ADDED" : "MODIFIED";
      if (known != known_.end()) KeepDeletion(known->second.object, object.object);
      const bool is_change = known == known_.end() || !(known->second.object == object.object);
      if (is_change && !(first && watch_only_)) changed.push_back(object);
      now.emplace(key, std::move(object));
    }
    for (const auto& [key, object] : known_) {
      if (now.contains(key)) continue;
      ASSIGN_OR_RETURN(changed.emplace_back(), LastLook(live, object));
    }
    known_ = std::move(now);
    TRY(ShowChanged(changed));
    return 0;
  }

  // A pod that is being deleted stays so to its end, also when its containers have ended and it is only taken away.
  static void KeepDeletion(const kube::Value& before, kube::Value& now) {
    const std::string phase = kube::TextAt(now, "status.phase");
    const bool over = phase == "Succeeded" || phase == "Failed";
    if (!over || kube::TextAt(before, "metadata.deletionTimestamp").empty() || !kube::TextAt(now, "metadata.deletionTimestamp").empty())
      return;
    kube::Value metadata = kube::At(now, "metadata");
    for (const char* field : {"deletionGracePeriodSeconds", "deletionTimestamp"})
      metadata.Set(field, kube::At(before, std::string("metadata.") + field));
    now.Set("metadata", std::move(metadata));
  }

  // What is gone is shown once more, as kubectl does; a pod as one that is being deleted, which a forced deletion is too short to
  // show by itself.
  static Result<FoundObject> LastLook(kube::LiveObjects& live, FoundObject gone) {
    gone.event = "DELETED";
    if (gone.kind->kind != "Pod" || !kube::TextAt(gone.object, "metadata.deletionTimestamp").empty()) return gone;
    ASSIGN_OR_RETURN(const pod::PodInfo* pod, live.FindPod(kube::TextAt(gone.object, "metadata.namespace"),
                                                           kube::TextAt(gone.object, "metadata.name")));
    // Still there: the selector does not match it any more.
    if (pod != nullptr && pod->spec.uid == kube::TextAt(gone.object, "metadata.uid")) return gone;
    kube::Value metadata = kube::At(gone.object, "metadata");
    metadata.Set("deletionGracePeriodSeconds", kube::Value::Int(0));
    metadata.Set("deletionTimestamp", kube::Value::String(common::FormatTime(common::Now())));
    gone.object.Set("metadata", std::move(metadata));
    return gone;
  }

  Result<> ShowChanged(const std::vector<FoundObject>& changed) {
    if (changed.empty()) return {};
    if (is_table()) {
      ASSIGN_OR_RETURN(const std::string text, printer_->Print(changed, true));
      Print(text);
      return {};
    }
    for (const FoundObject& object : changed) {
      ASSIGN_OR_RETURN(const std::string text, printer_->Print({object}, false));
      Print(text);
    }
    return {};
  }

  ResourceFlags flags_;
  OutputOptions output_;
  bool watch_ = false, watch_only_ = false, ignore_not_found_ = false;
  ResourceQuery query_;
  std::unique_ptr<ObjectPrinter> printer_;
  std::map<std::string, FoundObject> known_;
};

}  // namespace

std::unique_ptr<Command> MakeKubeGet() { return std::make_unique<GetCommand>(); }

}  // namespace skiff::cli
