#include "kube/view/service_view.h"

#include <algorithm>

#include "kube/play/object_key.h"
#include "kube/view/pod_status.h"

namespace skiff::kube {
namespace {

using Objects = std::vector<Object>;

common::Result<Objects> ReadAll(PodBackend& backend, const ObjectReader& read, const std::string& kind) {
  Objects objects;
  ASSIGN_OR_RETURN(const auto stored, backend.ListObjects(kind));
  for (const auto& one : stored) {
    ASSIGN_OR_RETURN(Object object, read(one.json), "{} \"{}\"", kind, one.name);
    object.metadata().uid = one.uid;
    object.metadata().creation_timestamp = one.created;
    objects.push_back(std::move(object));
  }
  return objects;
}

std::string LowerProtocol(std::string name) {
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return name;
}

bool Works(const pod::PodInfo& pod) { return pod.status.state == "running" || pod.status.state == "stopping"; }

// A pod that is over has no endpoint, although its supervisor may still have work to do.
bool IsOver(const pod::PodInfo& pod) {
  const std::string_view phase = PodPhase(pod);
  return phase == "Succeeded" || phase == "Failed";
}

// Init containers have ended by the time that anything is served.
bool Serves(const pod::ContainerSpec& container) {
  return !container.init || container.restart_policy == pod::RestartPolicy::kAlways;
}

// 0: the pod has no port of that name.
uint16_t TargetPort(const ServicePort& port, const pod::PodInfo& pod) {
  if (!port.target_port || !port.target_port->is_string)
    return static_cast<uint16_t>(port.target_port ? port.target_port->number : port.port);
  for (const pod::ContainerInfo& container : pod.containers) {
    if (!Serves(container.spec)) continue;
    for (const pod::PortMapping& mapping : container.spec.ports) {
      if (mapping.name == port.target_port->text && EnumName(mapping.protocol) == LowerProtocol(port.protocol))
        return mapping.container_port;
    }
  }
  return 0;
}

bool Selects(const StringMap& selector, const StringMap& labels) {
  return std::all_of(selector.begin(), selector.end(), [&](const auto& wanted) {
    const auto found = labels.find(wanted.first);
    return found != labels.end() && found->second == wanted.second;
  });
}

class ViewMaker {
 public:
  ViewMaker(PodBackend& backend, Objects endpoints, Objects slices, std::vector<pod::PodInfo> pods)
      : backend_(backend), endpoints_(std::move(endpoints)), slices_(std::move(slices)), pods_(std::move(pods)) {}

  ServiceView Make(const Object& object) {
    ServiceView view{.service = *object.As<Service>()};
    view.uid = object.metadata().uid;
    view.created = object.metadata().creation_timestamp;
    const ServiceSpec& spec = view.service.spec;
    if (spec.type == "ExternalName") return view;
    if (spec.selector.empty()) AddObjects(view, KeyOf(object));
    else AddPods(view, NamespaceOf(object.metadata()));
    std::sort(view.endpoints.begin(), view.endpoints.end(),
              [](const EndpointView& a, const EndpointView& b) { return a.address < b.address; });
    return view;
  }

 private:
  void AddPods(ServiceView& view, const std::string& kube_namespace) {
    const Service& service = view.service;
    for (const pod::PodInfo& pod : pods_) {
      if (pod.spec.kube_namespace != kube_namespace || !pod.spec.from_kube) continue;
      if (!Works(pod) || IsOver(pod) || !Selects(service.spec.selector, pod.spec.labels)) continue;
      EndpointView endpoint{.pod = pod.name};
      endpoint.serving = PodIsReady(pod);
      endpoint.terminating = pod.status.state == "stopping";
      endpoint.ready = service.spec.publish_not_ready_addresses || (endpoint.serving && !endpoint.terminating);
      if (pod.spec.subdomain == service.metadata.name) endpoint.hostname = pod.spec.hostname_label;
      for (const ServicePort& port : service.spec.ports) endpoint.ports.push_back(TargetPort(port, pod));
      for (const std::string& family : FamiliesOf(service.spec)) {
        endpoint.address = AddressOf(pod, family);
        if (!endpoint.address.empty()) view.endpoints.push_back(endpoint);
      }
    }
  }

  // Empty: it has none.
  std::string AddressOf(const pod::PodInfo& pod, const std::string& family) {
    for (const network::Lease& lease : pod.leases) {
      if (FamilyOfAddress(lease.address) == family) return lease.address;
    }
    if (pod.spec.network.mode != pod::NetworkSpec::Mode::kHost) return {};
    if (!host_address_) host_address_ = backend_.HostAddress();
    return FamilyOfAddress(*host_address_) == family ? *host_address_ : "";
  }

  void AddObjects(ServiceView& view, const ObjectKey& key) {
    for (const Object& object : endpoints_) {
      if (object.metadata().name != key.name || NamespaceOf(object.metadata()) != key.kube_namespace) continue;
      for (const EndpointSubset& subset : object.As<Endpoints>()->subsets) {
        for (const EndpointAddress& address : subset.addresses) AddAddress(view, address, subset, true);
        for (const EndpointAddress& address : subset.not_ready_addresses) AddAddress(view, address, subset, false);
      }
    }
    for (const Object& object : slices_) {
      const auto label = object.metadata().labels.find(kServiceNameLabel);
      if (label == object.metadata().labels.end() || label->second != key.name) continue;
      if (NamespaceOf(object.metadata()) != key.kube_namespace) continue;
      const EndpointSlice& slice = *object.As<EndpointSlice>();
      const auto families = FamiliesOf(view.service.spec);
      if (std::ranges::find(families, slice.address_type) == families.end()) continue;
      for (const SliceEndpoint& endpoint : slice.endpoints) AddSliceEndpoint(view, endpoint, slice);
    }
  }

  static void AddAddress(ServiceView& view, const EndpointAddress& address, const EndpointSubset& subset, bool ready) {
    const auto families = FamiliesOf(view.service.spec);
    if (std::ranges::find(families, FamilyOfAddress(address.ip)) == families.end()) return;
    EndpointView endpoint{.address = address.ip, .hostname = address.hostname};
    endpoint.ready = endpoint.serving = ready || view.service.spec.publish_not_ready_addresses;
    for (const ServicePort& port : view.service.spec.ports) {
      const auto found = std::find_if(subset.ports.begin(), subset.ports.end(), [&](const EndpointPort& p) {
        return p.name == port.name && p.protocol == port.protocol;
      });
      endpoint.ports.push_back(found == subset.ports.end() ? uint16_t{0} : static_cast<uint16_t>(found->port));
    }
    view.endpoints.push_back(std::move(endpoint));
  }

  static void AddSliceEndpoint(ServiceView& view, const SliceEndpoint& from, const EndpointSlice& slice) {
    if (from.addresses.empty()) return;
    // All addresses of one endpoint are the same; Kubernetes uses the first.
    EndpointView endpoint{.address = from.addresses.front(), .hostname = from.hostname.value_or("")};
    endpoint.ready = from.conditions.ready.value_or(true) || view.service.spec.publish_not_ready_addresses;
    endpoint.serving = from.conditions.serving.value_or(true);
    endpoint.terminating = from.conditions.terminating.value_or(false);
    for (const ServicePort& port : view.service.spec.ports) {
      const auto found = std::find_if(slice.ports.begin(), slice.ports.end(), [&](const SlicePort& p) {
        return p.name.value_or("") == port.name && p.protocol == port.protocol;
      });
      endpoint.ports.push_back(found == slice.ports.end() ? uint16_t{0} : static_cast<uint16_t>(found->port.value_or(0)));
    }
    view.endpoints.push_back(std::move(endpoint));
  }

  PodBackend& backend_;
  Objects endpoints_, slices_;
  std::vector<pod::PodInfo> pods_;
  std::optional<std::string> host_address_;
};

}  // namespace

std::string FamilyOfAddress(const std::string& address) { return address.find(':') == std::string::npos ? "IPv4" : "IPv6"; }

std::vector<std::string> FamiliesOf(const ServiceSpec& spec) {
  return spec.ip_families.empty() ? std::vector<std::string>{"IPv4"} : spec.ip_families;
}

bool PodIsReady(const pod::PodInfo& pod) {
  if (!Works(pod) || !pod.spec.readiness_gates.empty()) return false;
  if (!pod.status.sandbox_lost_at.empty()) return false;
  // Supervisors that know of readiness say so from the first container on.
  const bool known = !pod.status.initialized_at.empty();
  return std::all_of(pod.containers.begin(), pod.containers.end(), [known](const pod::ContainerInfo& container) {
    return !Serves(container.spec) || (container.status.state == "running" && (container.status.ready || !known));
  });
}

common::Result<std::vector<ServiceView>> ListServices(PodBackend& backend, const ObjectReader& read,
                                                      const std::string& kube_namespace) {
  std::vector<ServiceView> views;
  ASSIGN_OR_RETURN(const Objects services, ReadAll(backend, read, Service::kKind));
  if (services.empty()) return views;
  ASSIGN_OR_RETURN(Objects endpoints, ReadAll(backend, read, Endpoints::kKind));
  ASSIGN_OR_RETURN(Objects slices, ReadAll(backend, read, EndpointSlice::kKind));
  ASSIGN_OR_RETURN(auto pods, backend.ListPods());
  ViewMaker maker(backend, std::move(endpoints), std::move(slices), std::move(pods));
  for (const Object& object : services) {
    if (!kube_namespace.empty() && NamespaceOf(object.metadata()) != kube_namespace) continue;
    views.push_back(maker.Make(object));
  }
  std::sort(views.begin(), views.end(), [](const ServiceView& a, const ServiceView& b) {
    return std::pair(a.service.metadata.kube_namespace, a.service.metadata.name) <
           std::pair(b.service.metadata.kube_namespace, b.service.metadata.name);
  });
  return views;
}

}  // namespace skiff::kube
