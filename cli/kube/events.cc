// kube events.
#include <algorithm>
#include <set>

#include "cli/command.h"
#include "cli/kube/commands.h"
#include "cli/kube/output.h"
#include "cli/kube/resources.h"
#include "cli/notation/text.h"
#include "common/clock.h"
#include "kube/translate/value_access.h"
#include "kube/view/columns.h"
#include "kube/view/table.h"
#include "pod/state/state_watch.h"

namespace skiff::cli {

using common::ErrorCode;
using common::MakeError;
using common::Result;
using kube::Value;

namespace {

class EventsCommand : public KubectlCommand {
 public:
  void Declare(Arguments& a) override {
    namespace_.Declare(a);
    a.Value("--for", for_, "TYPE/NAME", "Events of one object, as pod/web");
    a.List("--types", types_, "type", "Events of these types only: Normal, Warning",
           ListStyle::kCommaSeparated);
    a.Switch("-w,--watch", watch_, "Go on and show new ones");
    a.Switch("--no-headers", no_headers_, "Without headings");
    a.Value("-o,--output", format_, "format", "json or yaml");
  }

 protected:
  Result<int> Act(Context& context) override {
    TRY(Check());
    ASSIGN_OR_RETURN(const common::SystemPaths paths, context.Paths());
    std::optional<pod::StateWatch> watch;
    if (watch_) {
      ASSIGN_OR_RETURN(watch, pod::StateWatch::Open(paths, true));
    }
    ASSIGN_OR_RETURN(const auto backend, OpenBackend(context));
    bool any = false;
    for (;;) {
      ASSIGN_OR_RETURN(const std::vector<Value> fresh, Fresh(*backend));
      any = any || !fresh.empty();
      TRY(Show(fresh));
      FlushOutput();
      if (!watch) break;
      ASSIGN_OR_RETURN(const bool again, watch->Wait(std::nullopt));
      if (!again) break;
    }
    if (!any && format_.empty())
      PrintErrorLine(namespace_.all ? "No events found."
                                    : fmt::format("No events found in {} namespace.", namespace_.name));
    return 0;
  }

 private:
  Result<> Check() {
    for (const std::string& type : types_)
      if (type != "Normal" && type != "Warning")
        return MakeError(ErrorCode::kInvalid, "valid --types are Normal or Warning");
    if (!format_.empty() && format_ != "json" && format_ != "yaml")
      return MakeError(ErrorCode::kInvalid,
                       "unable to match a printer suitable for the output format \"{}\": write json or yaml",
                       format_);
    if (for_.empty()) return {};
    const auto [word, name] = SplitPair(for_, '/');
    const kube::ResourceKind* kind = kube::FindResourceKind(word);
    if (name.empty())
      return MakeError(ErrorCode::kInvalid, "--for must be in resource/name form, as pod/web");
    if (kind == nullptr) return NoSuchResource(word);
    for_kind_ = kind->kind;
    for_name_ = name;
    return {};
  }

  // Those that have not been shown, or have happened again since.
  Result<std::vector<Value>> Fresh(kube::PodBackend& backend) {
    kube::LiveObjects live(backend);
    ASSIGN_OR_RETURN(std::vector<Value> events, live.List("Event", namespace_.Wanted()));
    std::erase_if(events, [&](const Value& event) {
      if (!types_.empty() &&
          std::find(types_.begin(), types_.end(), kube::TextAt(event, "type")) == types_.end())
        return true;
      if (for_.empty()) return false;
      return kube::TextAt(event, "involvedObject.kind") != for_kind_ ||
             kube::TextAt(event, "involvedObject.name") != for_name_;
    });
    std::erase_if(events, [&](const Value& event) {
      const std::string key =
          fmt::format("{} {} {} {} {}", kube::TextAt(event, "involvedObject.uid"),
                      kube::TextAt(event, "involvedObject.fieldPath"), kube::TextAt(event, "reason"),
                      kube::IntAt(event, "count"), kube::TextAt(event, "message"));
      return !shown_.insert(key).second;
    });
    return events;
  }

  Result<> Show(const std::vector<Value>& events) {
    if (!format_.empty()) {
      if (events.empty() && watch_) return {};
      ASSIGN_OR_RETURN(const auto printer, MakePrinter({.format = format_}));
      std::vector<FoundObject> objects;
      for (const Value& event : events) objects.push_back({kube::FindResourceKind("events"), event});
      ASSIGN_OR_RETURN(const std::string text, printer->Print(objects, true));
      Print(text);
      return {};
    }
    if (events.empty()) return {};
    const common::WallTime now = common::Now();
    if (!table_) {
      std::vector<std::string> headings;
      if (namespace_.all) headings.emplace_back("NAMESPACE");
      for (const kube::Column& column : kube::EventColumns()) headings.emplace_back(column.heading);
      table_.emplace(std::move(headings));
    }
    for (const Value& event : events) {
      std::vector<std::string> row;
      if (namespace_.all) row.push_back(kube::TextAt(event, "metadata.namespace"));
      for (const kube::Column& column : kube::EventColumns()) row.push_back(column.cell(event, now));
      table_->Add(std::move(row));
    }
    Print(table_->Take(!no_headers_));
    return {};
  }

  NamespaceFlags namespace_;
  std::string for_, format_, for_kind_, for_name_;
  std::vector<std::string> types_;
  bool watch_ = false, no_headers_ = false;
  std::set<std::string> shown_;
  std::optional<kube::Table> table_;
};

}  // namespace

std::unique_ptr<Command> MakeKubeEvents() { return std::make_unique<EventsCommand>(); }

}  // namespace skiff::cli
