// kube describe.
#include "kube/view/describe.h"

#include "cli/command.h"
#include "cli/kube/commands.h"
#include "cli/kube/resources.h"
#include "common/clock.h"
#include "kube/model/types/service.h"
#include "kube/translate/value_access.h"

namespace skiff::cli {

using common::Result;

namespace {

class DescribeCommand : public KubectlCommand {
 public:
  void Declare(Arguments& a) override {
    flags_.Declare(a, true);
    a.Switch("--show-events", show_events_, "Events at the end (default true)");
  }

 protected:
  Result<int> Act(Context& context) override {
    ASSIGN_OR_RETURN(const ResourceQuery query, flags_.Query());
    ASSIGN_OR_RETURN(const auto backend, OpenBackend(context));
    kube::LiveObjects live(*backend);
    ASSIGN_OR_RETURN(FoundObjects found, FindObjects(live, query));
    TRY(AddByPrefix(live, found));
    if (found.objects.empty() && found.missing.empty()) {
      PrintErrorLine(flags_.kube_namespace.all
                         ? "No resources found"
                         : fmt::format("No resources found in {} namespace.", flags_.kube_namespace.name));
      return 0;
    }
    const common::WallTime now = common::Now();
    for (size_t i = 0; i < found.objects.size(); ++i) {
      if (i > 0) Print("\n\n");
      ASSIGN_OR_RETURN(const std::vector<kube::Value> events, EventsOf(live, found.objects[i].object));
      ASSIGN_OR_RETURN(const std::vector<kube::Value> slices, SlicesOf(live, found.objects[i].object));
      Print(kube::DescribeObject(found.objects[i].object, events, now, slices));
    }
    for (const ResourceRef& ref : found.missing) PrintErrorLine(NotFoundError(*ref.kind, ref.name).message());
    return found.missing.empty() ? 0 : kKubectlFailure;
  }

 private:
  // As kubectl: a name that is none may be the beginning of some.
  static Result<> AddByPrefix(kube::LiveObjects& live, FoundObjects& found) {
    std::vector<ResourceRef> missing;
    for (const ResourceRef& ref : found.missing) {
      ASSIGN_OR_RETURN(std::vector<kube::Value> objects, live.List(ref.kind->kind, ref.kube_namespace));
      bool any = false;
      for (kube::Value& object : objects) {
        if (!kube::TextAt(object, "metadata.name").starts_with(ref.name)) continue;
        found.objects.push_back({ref.kind, std::move(object)});
        any = true;
      }
      if (!any) missing.push_back(ref);
    }
    found.missing = std::move(missing);
    return {};
  }

  static Result<std::vector<kube::Value>> SlicesOf(kube::LiveObjects& live, const kube::Value& object) {
    std::vector<kube::Value> slices;
    if (kube::TextAt(object, "kind") != kube::Service::kKind) return slices;
    ASSIGN_OR_RETURN(slices, live.List(kube::EndpointSlice::kKind, kube::TextAt(object, "metadata.namespace")));
    std::erase_if(slices, [&](const kube::Value& slice) {
      const auto labels = kube::LabelsOf(slice);
      const auto service = labels.find(kube::kServiceNameLabel);
      return service == labels.end() || service->second != kube::TextAt(object, "metadata.name");
    });
    return slices;
  }

  Result<std::vector<kube::Value>> EventsOf(kube::LiveObjects& live, const kube::Value& object) const {
    std::vector<kube::Value> events;
    if (!show_events_.value_or(true)) return events;
    ASSIGN_OR_RETURN(events, live.List("Event", kube::TextAt(object, "metadata.namespace")));
    std::erase_if(events, [&](const kube::Value& event) {
      return kube::TextAt(event, "involvedObject.kind") != kube::TextAt(object, "kind") ||
             kube::TextAt(event, "involvedObject.name") != kube::TextAt(object, "metadata.name") ||
             kube::TextAt(event, "involvedObject.uid") != kube::TextAt(object, "metadata.uid");
    });
    return events;
  }

  ResourceFlags flags_;
  std::optional<bool> show_events_;
};

}  // namespace

std::unique_ptr<Command> MakeKubeDescribe() { return std::make_unique<DescribeCommand>(); }

}  // namespace skiff::cli
