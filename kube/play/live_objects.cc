#include "kube/play/live_objects.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <set>

#include "common/clock.h"
#include "kube/generate/pod_from_spec.h"
#include "kube/model/encode.h"
#include "kube/model/tables/tables.h"
#include "kube/play/object_key.h"
#include "kube/translate/node.h"
#include "kube/translate/value_access.h"
#include "kube/view/deployment_status.h"
#include "kube/view/derived_endpoints.h"
#include "kube/view/pod_status.h"
#include "kube/view/service_view.h"

namespace skiff::kube {
namespace {

using common::Result;

std::string Place(const std::string& kube_namespace, const std::string& name) {
  return kube_namespace + "/" + name;
}

std::string Seconds(const std::string& rfc3339) {
  const auto time = common::ParseTime(rfc3339);
  return time ? common::FormatTime(*time) : rfc3339;
}

Value Strings(const StringMap& map) {
  Value value = Value::Map();
  for (const auto& [key, text] : map) value.Set(key, Value::String(text));
  return value;
}

// "Deployment/default/web" as the controller of a pod.
Value OwnerReferences(const std::string& owner, const std::string& uid) {
  Value reference = Value::Map();
  const std::string kind = owner.substr(0, owner.find('/'));
  reference.Set("apiVersion", Value::String("apps/v1"));
  reference.Set("controller", Value::Bool(true));
  reference.Set("kind", Value::String(kind));
  reference.Set("name", Value::String(owner.substr(owner.rfind('/') + 1)));
  if (!uid.empty()) reference.Set("uid", Value::String(uid));
  Value list = Value::List();
  list.items().push_back(std::move(reference));
  return list;
}

// Of a pod that is being stopped: as whoever asked for it said, else its own.
int64_t GraceOf(const pod::PodInfo& info) {
  for (const pod::ContainerInfo& container : info.containers)
    if (!container.status.stop_began_at.empty()) return container.status.stop_grace_ms / 1000;
  return info.spec.termination_grace_s;
}

void SetMetadata(const pod::PodInfo& info, const std::string& owner_uid, Value& object) {
  Value metadata = At(object, "metadata");
  if (!metadata.is(Value::Kind::kMap)) metadata = Value::Map();
  metadata.Set("name", Value::String(info.spec.name));
  metadata.Set("namespace", Value::String(info.spec.kube_namespace));
  metadata.Set("uid", Value::String(info.spec.uid));
  metadata.Set("creationTimestamp", Value::String(Seconds(info.created)));
  if (!info.spec.labels.empty()) metadata.Set("labels", Strings(info.spec.labels));
  if (!info.spec.annotations.empty()) metadata.Set("annotations", Strings(info.spec.annotations));
  if (!info.spec.owner.empty()) metadata.Set("ownerReferences", OwnerReferences(info.spec.owner, owner_uid));
  // A pod that is over and takes its processes down is not being deleted.
  const auto asked = common::ParseTime(info.status.stopping_at);
  if (info.status.state == "stopping" && asked) {
    const int64_t grace_s = GraceOf(info);
    metadata.Set("deletionTimestamp", Value::String(common::FormatTime(*asked + std::chrono::seconds(grace_s))));
    metadata.Set("deletionGracePeriodSeconds", Value::Int(grace_s));
  }
  object.Set("metadata", std::move(metadata));
}

void SetClaimStatus(Value& claim) {
  Value status = Value::Map();
  status.Set("accessModes", At(claim, "spec.accessModes"));
  Value capacity = Value::Map();
  capacity.Set("storage", Value::String(TextAt(claim, "spec.resources.requests.storage")));
  status.Set("capacity", std::move(capacity));
  status.Set("phase", Value::String("Bound"));
  claim.Set("status", std::move(status));
  Value spec = At(claim, "spec");
  if (TextAt(spec, "volumeName").empty())
    spec.Set("volumeName", Value::String(ClaimVolumeName(TextAt(claim, "metadata.namespace"),
                                                         TextAt(claim, "metadata.name"))));
  claim.Set("spec", std::move(spec));
}

// A load balancer's ports are open on every address of the host: the one that pods show as the host's stands for them.
void SetServiceStatus(const std::string& host_address, Value& service) {
  Value load_balancer = Value::Map();
  const auto& families = At(service, "spec.ipFamilies").items();
  const std::string family = FamilyOfAddress(host_address);
  const auto is_it = [&](const Value& one) { return one.text() == family; };
  const bool has_family = families.empty() ? family == "IPv4" : std::ranges::any_of(families, is_it);
  if (TextAt(service, "spec.type") == "LoadBalancer" && !host_address.empty() && has_family) {
    Value point = Value::Map();
    point.Set("ip", Value::String(host_address));
    point.Set("ipMode", Value::String("VIP"));
    Value ingress = Value::List();
    ingress.items().push_back(std::move(point));
    load_balancer.Set("ingress", std::move(ingress));
  }
  Value status = Value::Map();
  status.Set("loadBalancer", std::move(load_balancer));
  service.Set("status", std::move(status));
}

// What an event is about: a pod that there is or was.
struct InvolvedPod {
  const std::string& kube_namespace;
  const std::string& name;
  const std::string& uid;
};

// As Kubernetes names them; the same at each look.
std::string EventName(const InvolvedPod& pod, const pod::PodEvent& event) {
  const auto first = common::ParseTime(event.first_time).value_or(common::WallTime());
  return fmt::format("{}.{:x}", pod.name, std::chrono::nanoseconds(first.time_since_epoch()).count());
}

// While something else is played a pod may be older or newer than the object that is stored.
bool IsMadeFrom(const pod::PodInfo& info, const Value& stored) {
  if (info.spec.owner.empty()) return TextAt(stored, "metadata.uid") == info.spec.uid;
  const auto hash = info.spec.labels.find(kTemplateHashLabel);
  return At(stored, "spec.template").is(Value::Kind::kMap) && hash != info.spec.labels.end() && hash->second == TemplateHash(stored);
}

Value EventObject(const InvolvedPod& pod, const pod::PodEvent& event) {
  Value involved = Value::Map();
  involved.Set("apiVersion", Value::String("v1"));
  if (!event.object.empty())
    involved.Set("fieldPath", Value::String("spec.containers{" + event.object + "}"));
  involved.Set("kind", Value::String("Pod"));
  involved.Set("name", Value::String(pod.name));
  involved.Set("namespace", Value::String(pod.kube_namespace));
  involved.Set("uid", Value::String(pod.uid));
  Value metadata = Value::Map();
  metadata.Set("creationTimestamp", Value::String(Seconds(event.first_time)));
  metadata.Set("name", Value::String(EventName(pod, event)));
  metadata.Set("namespace", Value::String(pod.kube_namespace));
  Value object = Value::Map();
  object.Set("apiVersion", Value::String("v1"));
  object.Set("count", Value::Int(event.count));
  object.Set("firstTimestamp", Value::String(Seconds(event.first_time)));
  object.Set("involvedObject", std::move(involved));
  object.Set("kind", Value::String("Event"));
  object.Set("lastTimestamp", Value::String(Seconds(event.time)));
  object.Set("message", Value::String(event.message));
  object.Set("metadata", std::move(metadata));
  object.Set("reason", Value::String(event.reason));
  Value source = Value::Map();
  source.Set("component", Value::String("skiff"));
  object.Set("source", std::move(source));
  object.Set("type", Value::String(event.type));
  return object;
}

bool Before(const Value& a, const Value& b) {
  const auto key = [](const Value& object) {
    return std::pair<const std::string&, const std::string&>(TextAt(object, "metadata.namespace"),
                                                             TextAt(object, "metadata.name"));
  };
  return key(a) < key(b);
}

}  // namespace

Result<const std::vector<pod::PodInfo>*> LiveObjects::Pods() {
  if (!pods_) {
    ASSIGN_OR_RETURN(pods_, backend_.ListPods());
    std::erase_if(*pods_, [](const pod::PodInfo& pod) { return pod.spec.implicit; });
  }
  return &*pods_;
}

Result<const pod::PodInfo*> LiveObjects::FindPod(const std::string& kube_namespace, const std::string& name) {
  ASSIGN_OR_RETURN(const auto* pods, Pods());
  const auto found = std::find_if(pods->begin(), pods->end(), [&](const pod::PodInfo& pod) {
    return pod.spec.kube_namespace == kube_namespace && pod.spec.name == name;
  });
  return found == pods->end() ? nullptr : &*found;
}

Result<const std::map<std::string, Value>*> LiveObjects::Stored(const std::string& kind) {
  const auto [entry, is_new] = stored_.try_emplace(kind);
  if (!is_new) return &entry->second;
  ASSIGN_OR_RETURN(const auto objects, backend_.ListObjects(kind));
  for (const PodBackend::StoredObject& object : objects) {
    ASSIGN_OR_RETURN(Value value, ParseJsonValue(object.json, kind + "/" + object.name));
    Value metadata = At(value, "metadata");
    metadata.Set("name", Value::String(object.name));
    metadata.Set("namespace", Value::String(object.kube_namespace));
    metadata.Set("uid", Value::String(object.uid));
    metadata.Set("creationTimestamp", Value::String(Seconds(object.created)));
    value.Set("metadata", std::move(metadata));
    entry->second.emplace(Place(object.kube_namespace, object.name), std::move(value));
  }
  return &entry->second;
}

// The object without what only the running pod knows: as it was applied, or a Deployment's template, or, for
// a pod that was made by `pod create`, what its specification says in Kubernetes' words.
Result<Value> LiveObjects::PodDefinition(const pod::PodInfo& info) {
  if (info.spec.from_kube) {
    const bool owned = !info.spec.owner.empty();
    const std::string kind = owned ? info.spec.owner.substr(0, info.spec.owner.find('/')) : Pod::kKind;
    const std::string name = owned ? info.spec.owner.substr(info.spec.owner.rfind('/') + 1) : info.spec.name;
    ASSIGN_OR_RETURN(const auto* stored, Stored(kind));
    const auto found = stored->find(Place(info.spec.kube_namespace, name));
    if (found != stored->end() && IsMadeFrom(info, found->second)) return owned ? At(found->second, "spec.template") : found->second;
  }
  const PodFromSpecResult made = PodFromSpec(
      info, info.spec.name, [&](const std::string& reference) -> std::optional<image::ImageConfig> {
        const auto image = backend_.FindImage(reference);
        if (!image) return std::nullopt;
        return image->config;
      });
  return Encode(Object{.body = made.pod});
}

Result<Value> LiveObjects::PodObject(const pod::PodInfo& info) {
  ASSIGN_OR_RETURN(Value object, PodDefinition(info));
  std::string owner_uid;
  if (!info.spec.owner.empty()) {
    ASSIGN_OR_RETURN(const auto* owners, Stored(info.spec.owner.substr(0, info.spec.owner.find('/'))));
    const auto owner =
        owners->find(Place(info.spec.kube_namespace, info.spec.owner.substr(info.spec.owner.rfind('/') + 1)));
    if (owner != owners->end()) owner_uid = TextAt(owner->second, "metadata.uid");
  }
  object.Set("apiVersion", Value::String(Pod::kApiVersion));
  object.Set("kind", Value::String(Pod::kKind));
  SetMetadata(info, owner_uid, object);
  PodSpec spec;
  DecodeStruct(Describe(static_cast<const PodSpec*>(nullptr)), At(object, "spec"), &spec);
  Value spec_value = At(object, "spec");
  if (TextAt(spec_value, "nodeName").empty()) spec_value.Set("nodeName", Value::String(ReadNodeInfo().name));
  object.Set("spec", std::move(spec_value));
  object.Set("status", PodStatusOf(info, QosOf(spec), HostAddress()));
  return object;
}

const std::string& LiveObjects::HostAddress() {
  if (!host_address_) host_address_ = backend_.HostAddress();
  return *host_address_;
}

// The pods first: what has been removed meanwhile is in the journal, and twice is once.
Result<std::vector<Value>> LiveObjects::Events() {
  std::vector<std::pair<std::string, Value>> timed;
  std::set<std::string> known;
  const auto add = [&](const InvolvedPod& pod, const pod::PodEvent& event) {
    const bool is_new = known.insert(fmt::format("{} {} {} {} {}", pod.uid, EventName(pod, event), event.reason, event.object, event.message)).second;
    if (is_new) timed.emplace_back(event.time, EventObject(pod, event));
  };
  ASSIGN_OR_RETURN(const auto* pods, Pods());
  for (const pod::PodInfo& pod : *pods) {
    ASSIGN_OR_RETURN(const auto events, backend_.PodEvents(pod.id));
    for (const pod::PodEvent& event : events) add({pod.spec.kube_namespace, pod.spec.name, pod.spec.uid}, event);
  }
  ASSIGN_OR_RETURN(const auto gone, backend_.EventsOfGonePods());
  for (const pod::EngineEvent& event : gone)
    add({event.kube->kube_namespace, event.name, event.kube->uid}, event.kube->event);
  std::stable_sort(timed.begin(), timed.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Value> objects;
  for (auto& [time, object] : timed) objects.push_back(std::move(object));
  return objects;
}

// There is no kind for them: a namespace is there as long as something is in it.
Result<std::vector<Value>> LiveObjects::Namespaces() {
  std::map<std::string, std::string> created = {{"default", ""}};
  const auto add = [&](const std::string& name, const std::string& time) {
    std::string& first = created[name];
    if (first.empty() || time < first) first = time;
  };
  ASSIGN_OR_RETURN(const auto* pods, Pods());
  for (const pod::PodInfo& pod : *pods) add(pod.spec.kube_namespace, Seconds(pod.created));
  ASSIGN_OR_RETURN(const auto objects, backend_.ListObjects(""));
  for (const PodBackend::StoredObject& object : objects) add(object.kube_namespace, Seconds(object.created));
  std::vector<Value> namespaces;
  for (const auto& [name, time] : created) {
    Value metadata = Value::Map();
    metadata.Set("name", Value::String(name));
    if (!time.empty()) metadata.Set("creationTimestamp", Value::String(time));
    Value status = Value::Map();
    status.Set("phase", Value::String("Active"));
    Value object = Value::Map();
    object.Set("apiVersion", Value::String("v1"));
    object.Set("kind", Value::String("Namespace"));
    object.Set("metadata", std::move(metadata));
    object.Set("status", std::move(status));
    namespaces.push_back(std::move(object));
  }
  return namespaces;
}

Result<std::vector<Value>> LiveObjects::ListAll(std::string_view kind) {
  if (kind == "Event") return Events();
  if (kind == "Namespace") return Namespaces();
  std::vector<Value> objects;
  if (kind == Pod::kKind) {
    ASSIGN_OR_RETURN(const auto* pods, Pods());
    for (const pod::PodInfo& pod : *pods) {
      ASSIGN_OR_RETURN(objects.emplace_back(), PodObject(pod));
    }
  } else {
    ASSIGN_OR_RETURN(const auto* stored, Stored(std::string(kind)));
    for (const auto& [place, object] : *stored) objects.push_back(object);
  }
  if (kind == Endpoints::kKind || kind == EndpointSlice::kKind) {
    ASSIGN_OR_RETURN(std::vector<Value> derived,
                     kind == Endpoints::kKind ? DerivedEndpoints(backend_) : DerivedEndpointSlices(backend_));
    // What a selector finds wins over an object of the same name, as the controller would write over it.
    std::erase_if(objects, [&](const Value& o) {
      return std::ranges::any_of(derived, [&](const Value& d) { return !Before(o, d) && !Before(d, o); });
    });
    std::move(derived.begin(), derived.end(), std::back_inserter(objects));
  }
  if (kind == PersistentVolumeClaim::kKind) std::for_each(objects.begin(), objects.end(), SetClaimStatus);
  if (kind == Service::kKind) {
    for (Value& object : objects) SetServiceStatus(HostAddress(), object);
  }
  if (kind == Deployment::kKind) {
    ASSIGN_OR_RETURN(const std::vector<Value> pods, ListAll(Pod::kKind));
    for (Value& object : objects) object.Set("status", DeploymentStatusOf(object, pods, common::Now()));
  }
  std::stable_sort(objects.begin(), objects.end(), Before);
  return objects;
}

Result<std::vector<Value>> LiveObjects::List(std::string_view kind, const std::string& kube_namespace) {
  ASSIGN_OR_RETURN(std::vector<Value> objects, ListAll(kind));
  if (!kube_namespace.empty() && kind != "Namespace")
    std::erase_if(objects, [&](const Value& o) { return TextAt(o, "metadata.namespace") != kube_namespace; });
  return objects;
}

Result<std::optional<Value>> LiveObjects::Get(std::string_view kind, const std::string& kube_namespace,
                                              const std::string& name) {
  ASSIGN_OR_RETURN(std::vector<Value> objects, List(kind, kube_namespace));
  for (Value& object : objects)
    if (TextAt(object, "metadata.name") == name) return std::optional(std::move(object));
  return std::optional<Value>();
}

}  // namespace skiff::kube
