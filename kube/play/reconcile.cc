#include "kube/play/reconcile.h"

#include <algorithm>
#include <set>

#include "kube/model/rules.h"
#include "kube/model/text.h"
#include "kube/play/object_key.h"
#include "kube/play/object_store.h"

namespace skiff::kube {
namespace {

using common::ErrorCode;

std::string Lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

bool HasNodePorts(const ServiceSpec& spec) {
  if (spec.type == "LoadBalancer") return spec.allocate_load_balancer_node_ports.value_or(true);
  return spec.type == "NodePort";
}

// The cluster addresses, the first one first.
std::vector<std::string> AddressesOf(const ServiceSpec& spec) {
  return spec.cluster_ips.empty() ? std::vector<std::string>{spec.cluster_ip} : spec.cluster_ips;
}

network::ServiceRule RuleOf(const ServiceView& view, size_t index, const std::string& family) {
  const ServiceSpec& spec = view.service.spec;
  const ServicePort& port = spec.ports[index];
  network::ServiceRule rule;
  rule.protocol = Lower(port.protocol);
  rule.port = static_cast<uint16_t>(port.port);
  rule.name = fmt::format("{}/{}:{}/{}", NamespaceOf(view.service.metadata), view.service.metadata.name, port.port,
                          rule.protocol);
  if (family == "IPv6") {
    rule.v6 = true;
    rule.name += " IPv6";
  }
  for (const auto& addresses : {AddressesOf(spec), spec.external_ips}) {
    for (const std::string& address : addresses) {
      if (!address.empty() && FamilyOfAddress(address) == family) rule.addresses.push_back(address);
    }
  }
  if (HasNodePorts(spec)) rule.node_port = static_cast<uint16_t>(port.node_port);
  if (spec.type == "LoadBalancer") {
    rule.host_port = rule.port;
    rule.source_ranges = spec.load_balancer_source_ranges;
  }
  if (spec.session_affinity == "ClientIP" && spec.session_affinity_config && spec.session_affinity_config->client_ip)
    rule.affinity_s = spec.session_affinity_config->client_ip->timeout_seconds.value_or(0);
  for (const EndpointView& endpoint : view.endpoints) {
    if (FamilyOfAddress(endpoint.address) != family || endpoint.ports[index] == 0) continue;
    if (endpoint.ready) rule.endpoints.push_back({endpoint.address, endpoint.ports[index]});
    else if (endpoint.serving && endpoint.terminating) rule.leaving.push_back({endpoint.address, endpoint.ports[index]});
  }
  // As kube-proxy does: better one that is about to go than none.
  if (rule.endpoints.empty()) rule.endpoints.swap(rule.leaving);
  return rule;
}

network::DnsService NamesOf(const ServiceView& view) {
  const Service& service = view.service;
  const ServiceSpec& spec = service.spec;
  network::DnsService names{.name = service.metadata.name, .kube_namespace = NamespaceOf(service.metadata)};
  if (spec.type == "ExternalName") {
    names.external_name = Lower(spec.external_name);
    if (names.external_name.ends_with('.')) names.external_name.pop_back();
    return names;
  }
  for (const ServicePort& port : spec.ports)
    names.ports.push_back({port.name, Lower(port.protocol), static_cast<uint16_t>(port.port)});
  if (!spec.headless()) {
    names.addresses = AddressesOf(spec);
    return names;
  }
  for (const EndpointView& endpoint : view.endpoints) {
    if (!endpoint.ready) continue;
    network::DnsEndpoint& out = names.endpoints.emplace_back();
    out.address = endpoint.address;
    out.hostname = endpoint.hostname;
    for (size_t i = 0; i < spec.ports.size(); ++i) {
      if (endpoint.ports[i] != 0) out.ports.push_back({spec.ports[i].name, names.ports[i].protocol, endpoint.ports[i]});
    }
  }
  return names;
}

std::string VariableName(std::string text) {
  for (char& c : text) c = c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

// kube-semantics.md 5.3
void AddVariables(const ServiceSpec& spec, const std::string& service, std::map<std::string, std::string>& variables) {
  const std::string name = VariableName(service);
  variables[name + "_SERVICE_HOST"] = spec.cluster_ip;
  variables[name + "_SERVICE_PORT"] = std::to_string(spec.ports.front().port);
  for (size_t i = 0; i < spec.ports.size(); ++i) {
    const ServicePort& port = spec.ports[i];
    const std::string protocol = Lower(port.protocol), number = std::to_string(port.port);
    const bool v6 = FamilyOfAddress(spec.cluster_ip) == "IPv6";
    const std::string url = fmt::format("{}://{}:{}", protocol, v6 ? "[" + spec.cluster_ip + "]" : spec.cluster_ip, number);
    if (!port.name.empty()) variables[fmt::format("{}_SERVICE_PORT_{}", name, VariableName(port.name))] = number;
    if (i == 0) variables[name + "_PORT"] = url;
    const std::string prefix = fmt::format("{}_PORT_{}_{}", name, number, VariableName(port.protocol));
    variables[prefix] = url;
    variables[prefix + "_PROTO"] = protocol;
    variables[prefix + "_PORT"] = number;
    variables[prefix + "_ADDR"] = spec.cluster_ip;
  }
}

common::Error Immutable(const Object& object, const char* field, const std::string& value, const std::string& had) {
  return MakeError(ErrorCode::kInvalid,
                   "Service \"{}\": {}: Invalid value: {}: field is immutable (it is {}); play with --replace to change it",
                   object.metadata().name, field, QuoteText(value), had)
      .At(object.PositionOf(field));
}

// The node ports that ports of the same number had.
void KeepNodePorts(ServiceSpec& spec, const ServiceSpec& stored) {
  for (ServicePort& port : spec.ports) {
    if (port.node_port != 0) continue;
    for (const ServicePort& old : stored.ports) {
      if (old.port == port.port && old.protocol == port.protocol) port.node_port = old.node_port;
    }
  }
}

// The second address may come and go with ipFamilyPolicy, but not become another one.
common::Result<> CheckSecondAddress(const Object& object, const ServiceSpec& spec, const ServiceSpec& stored) {
  if (spec.cluster_ips.size() < 2 || stored.cluster_ips.size() < 2) return {};
  if (SameIpAddress(spec.cluster_ips[1], stored.cluster_ips[1])) return {};
  constexpr char kField[] = "spec.clusterIPs[1]";
  return MakeError(ErrorCode::kInvalid,
                   "Service \"{}\": {}: Invalid value: [{},{}]: may not change once set (it is {}); play with --replace to change it",
                   object.metadata().name, kField, QuoteText(spec.cluster_ips[0]), QuoteText(spec.cluster_ips[1]),
                   stored.cluster_ips[1])
      .At(object.PositionOf(kField));
}

// What is fixed once it is given: the addresses and the first one's family, and that there is an address at all.
common::Result<> KeepAssigned(Object& object, const ServiceSpec& stored, bool replace) {
  ServiceSpec& spec = object.As<Service>()->spec;
  if (spec.type == "ExternalName" || stored.type == "ExternalName") return {};
  KeepNodePorts(spec, stored);
  const std::string family = FamiliesOf(stored).front();
  if (spec.ip_families.empty() && spec.cluster_ip.empty()) spec.ip_families = {family};
  if (!spec.ip_families.empty() && spec.ip_families.front() != family && !replace)
    return Immutable(object, "spec.ipFamilies", spec.ip_families.front(), family);
  const bool same_family = spec.ip_families.empty() || spec.ip_families.front() == family;
  if (spec.cluster_ip.empty() && !stored.headless() && same_family) spec.cluster_ip = stored.cluster_ip;
  if (replace) return {};
  if (SameIpAddress(spec.cluster_ip, stored.cluster_ip)) return CheckSecondAddress(object, spec, stored);
  if (!spec.cluster_ip.empty()) return Immutable(object, "spec.clusterIP", spec.cluster_ip, stored.cluster_ip);
  return MakeError(ErrorCode::kInvalid,
                   "Service \"{}\": spec.clusterIP: field is immutable (it is None); play with --replace to change it",
                   object.metadata().name)
      .At(object.PositionOf("spec"));
}

// What Kubernetes makes of families, policy and addresses as they were written.
void CompleteFamilies(ServiceSpec& spec) {
  if (spec.ip_families.empty()) {
    for (const std::string& address : AddressesOf(spec)) {
      if (!address.empty() && address != "None") spec.ip_families.push_back(FamilyOfAddress(address));
    }
  }
  if (spec.ip_families.empty()) spec.ip_families = {"IPv4"};
  if (spec.ip_family_policy.empty()) spec.ip_family_policy = "SingleStack";
  if (spec.ip_family_policy != "SingleStack" && spec.ip_families.size() == 1)
    spec.ip_families.push_back(spec.ip_families.front() == "IPv4" ? "IPv6" : "IPv4");
}

}  // namespace

pod::ServiceState StateOf(const std::vector<ServiceView>& services) {
  pod::ServiceState state;
  state.any = !services.empty();
  for (const ServiceView& view : services) {
    const ServiceSpec& spec = view.service.spec;
    state.names.services.push_back(NamesOf(view));
    if (spec.type == "ExternalName" || spec.headless() || spec.ports.empty()) continue;
    for (const std::string& family : FamiliesOf(spec)) {
      for (size_t i = 0; i < spec.ports.size(); ++i) state.rules.push_back(RuleOf(view, i, family));
    }
    AddVariables(spec, view.service.metadata.name, state.variables.by_namespace[NamespaceOf(view.service.metadata)]);
  }
  return state;
}

common::Result<> ReconcileServices(PodBackend& backend, const ObjectReader& read, bool wait) {
  return backend.ReconcileServices(
      [&]() -> common::Result<pod::ServiceState> {
        ASSIGN_OR_RETURN(const auto services, ListServices(backend, read));
        return StateOf(services);
      },
      wait);
}

namespace {

network::ServiceRequest RequestOf(const ObjectKey& key, ServiceSpec& spec) {
  network::ServiceRequest request{.holder = key.kube_namespace + "/" + key.name};
  if (spec.type == "ExternalName") return request;
  if (!spec.headless()) {
    const auto wanted = AddressesOf(spec);
    for (size_t i = 0; i < spec.ip_families.size(); ++i)
      request.addresses.push_back({.v6 = spec.ip_families[i] == "IPv6", .wanted = i < wanted.size() ? wanted[i] : ""});
  }
  for (ServicePort& port : spec.ports) {
    if (!HasNodePorts(spec)) port.node_port = 0;
    request.ports.push_back({.protocol = Lower(port.protocol),
                             .wants_node_port = HasNodePorts(spec),
                             .node_port = static_cast<uint16_t>(port.node_port),
                             .host_port = static_cast<uint16_t>(spec.type == "LoadBalancer" ? port.port : 0)});
  }
  return request;
}

}  // namespace

common::Result<> AssignService(PodBackend& backend, const ObjectReader& read, Object& object, bool replace) {
  const ObjectKey key = KeyOf(object);
  ServiceSpec& spec = object.As<Service>()->spec;
  auto before = LoadObject(backend, read, key);
  if (!before && before.error().code() != ErrorCode::kNotFound) return before.error();
  const Service* stored = before ? before->As<Service>() : nullptr;
  if (stored) TRY(KeepAssigned(object, stored->spec, replace));
  if (spec.type != "ExternalName") CompleteFamilies(spec);
  auto lease = backend.TakeServiceLease(RequestOf(key, spec));
  if (!lease && lease.error().code() == ErrorCode::kUnsupported && spec.ip_family_policy == "PreferDualStack") {
    spec.ip_families.resize(1);
    lease = backend.TakeServiceLease(RequestOf(key, spec));
  }
  if (!lease) {
    return std::move(lease).error().Wrap(fmt::format("Service \"{}\"", key.name)).At(object.position);
  }
  if (spec.type == "ExternalName") return {};
  spec.cluster_ips = spec.headless() ? std::vector<std::string>{spec.cluster_ip} : lease->addresses;
  spec.cluster_ip = spec.cluster_ips.front();
  for (size_t i = 0; i < spec.ports.size(); ++i) spec.ports[i].node_port = lease->node_ports[i];
  return {};
}

common::Result<> SweepServiceLeases(PodBackend& backend) {
  ASSIGN_OR_RETURN(const auto holders, backend.ServiceLeaseHolders());
  if (holders.empty()) return {};
  ASSIGN_OR_RETURN(const auto stored, backend.ListObjects(Service::kKind));
  std::set<std::string> known;
  for (const auto& service : stored) known.insert(service.kube_namespace + "/" + service.name);
  for (const std::string& holder : holders) {
    if (known.contains(holder)) continue;
    const size_t slash = holder.find('/');
    const ObjectKey key{Service::kKind, holder.substr(0, slash), slash == holder.npos ? "" : holder.substr(slash + 1)};
    const auto lock = backend.TryLockObject(key);
    if (!lock && lock.error().code() == ErrorCode::kBusy) continue;
    if (!lock) return lock.error();
    // It may have been stored since the look.
    ASSIGN_OR_RETURN(const auto now, backend.GetObject(key.kind, key.kube_namespace, key.name));
    if (!now) TRY(backend.ReleaseServiceLease(holder));
  }
  return {};
}

}  // namespace skiff::kube
