#include "kube/reconcile.h"

#include <algorithm>

#include "kube/object_key.h"
#include "kube/object_store.h"
#include "kube/text.h"

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

network::ServiceRule RuleOf(const ServiceView& view, size_t index) {
  const ServiceSpec& spec = view.service.spec;
  const ServicePort& port = spec.ports[index];
  network::ServiceRule rule;
  rule.protocol = Lower(port.protocol);
  rule.port = static_cast<uint16_t>(port.port);
  rule.name = fmt::format("{}/{}:{}/{}", NamespaceOf(view.service.metadata), view.service.metadata.name, port.port,
                          rule.protocol);
  rule.addresses = spec.external_ips;
  if (!spec.cluster_ip.empty()) rule.addresses.insert(rule.addresses.begin(), spec.cluster_ip);
  if (HasNodePorts(spec)) rule.node_port = static_cast<uint16_t>(port.node_port);
  if (spec.type == "LoadBalancer") {
    rule.host_port = rule.port;
    rule.source_ranges = spec.load_balancer_source_ranges;
  }
  if (spec.session_affinity == "ClientIP" && spec.session_affinity_config && spec.session_affinity_config->client_ip)
    rule.affinity_s = spec.session_affinity_config->client_ip->timeout_seconds.value_or(0);
  for (const EndpointView& endpoint : view.endpoints) {
    const bool ipv4 = endpoint.address.find(':') == std::string::npos;
    if (ipv4 && view.Serves(endpoint) && endpoint.ports[index] != 0)
      rule.endpoints.push_back({endpoint.address, endpoint.ports[index]});
  }
  return rule;
}

network::DnsService NamesOf(const ServiceView& view) {
  const Service& service = view.service;
  const ServiceSpec& spec = service.spec;
  network::DnsService names{.name = service.metadata.name, .kube_namespace = NamespaceOf(service.metadata)};
  if (spec.type == "ExternalName") {
    names.external_name = Lower(spec.external_name);
    return names;
  }
  for (const ServicePort& port : spec.ports)
    names.ports.push_back({port.name, Lower(port.protocol), static_cast<uint16_t>(port.port)});
  if (!spec.headless()) {
    names.addresses = {spec.cluster_ip};
    return names;
  }
  for (const EndpointView& endpoint : view.endpoints) {
    if (!view.Serves(endpoint)) continue;
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
    const std::string url = fmt::format("{}://{}:{}", protocol, spec.cluster_ip, number);
    if (!port.name.empty()) variables[fmt::format("{}_SERVICE_PORT_{}", name, VariableName(port.name))] = number;
    if (i == 0) variables[name + "_PORT"] = url;
    const std::string prefix = fmt::format("{}_PORT_{}_{}", name, number, VariableName(port.protocol));
    variables[prefix] = url;
    variables[prefix + "_PROTO"] = protocol;
    variables[prefix + "_PORT"] = number;
    variables[prefix + "_ADDR"] = spec.cluster_ip;
  }
}

// What is fixed once it is given; `before` absent: nothing.
common::Result<> KeepAssigned(Object& object, const Object* before, bool replace) {
  ServiceSpec& spec = object.As<Service>()->spec;
  const Service* stored = before ? before->As<Service>() : nullptr;
  if (!stored || spec.type == "ExternalName" || stored->spec.type == "ExternalName") return {};
  const std::string& had = stored->spec.cluster_ip;
  if (spec.cluster_ip.empty() && had != "None") spec.cluster_ip = had;
  const bool same = spec.cluster_ip == had || (spec.cluster_ip.empty() && had == "None");
  if (!same && !replace) {
    return MakeError(ErrorCode::kInvalid,
                     "Service \"{}\": spec.clusterIP: Invalid value: {}: field is immutable (it is {}); play with --replace to "
                     "change it",
                     object.metadata().name, QuoteText(spec.cluster_ip), had)
        .At(object.PositionOf("spec.clusterIP"));
  }
  if (spec.cluster_ip.empty() && !replace) {
    return MakeError(ErrorCode::kInvalid,
                     "Service \"{}\": spec.clusterIP: field is immutable (it is None); play with --replace to change it",
                     object.metadata().name)
        .At(object.PositionOf("spec"));
  }
  for (ServicePort& port : spec.ports) {
    if (port.node_port != 0) continue;
    for (const ServicePort& old : stored->spec.ports) {
      if (old.port == port.port && old.protocol == port.protocol) port.node_port = old.node_port;
    }
  }
  return {};
}

}  // namespace

pod::ServiceState StateOf(const std::vector<ServiceView>& services) {
  pod::ServiceState state;
  state.any = !services.empty();
  for (const ServiceView& view : services) {
    const ServiceSpec& spec = view.service.spec;
    state.names.services.push_back(NamesOf(view));
    if (spec.type == "ExternalName" || spec.headless() || spec.ports.empty()) continue;
    for (size_t i = 0; i < spec.ports.size(); ++i) state.rules.push_back(RuleOf(view, i));
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

common::Result<> AssignService(PodBackend& backend, const ObjectReader& read, Object& object, bool replace) {
  const ObjectKey key = KeyOf(object);
  ServiceSpec& spec = object.As<Service>()->spec;
  auto before = LoadObject(backend, read, key);
  if (!before && before.error().code() != ErrorCode::kNotFound) return before.error();
  TRY(KeepAssigned(object, before ? &*before : nullptr, replace));
  network::ServiceRequest request{.holder = key.kube_namespace + "/" + key.name};
  if (spec.type != "ExternalName") {
    request.wants_address = !spec.headless();
    if (request.wants_address) request.address = spec.cluster_ip;
    for (ServicePort& port : spec.ports) {
      if (!HasNodePorts(spec)) port.node_port = 0;
      request.ports.push_back({.protocol = Lower(port.protocol),
                               .wants_node_port = HasNodePorts(spec),
                               .node_port = static_cast<uint16_t>(port.node_port),
                               .host_port = static_cast<uint16_t>(spec.type == "LoadBalancer" ? port.port : 0)});
    }
  }
  auto lease = backend.TakeServiceLease(request);
  if (!lease) {
    return std::move(lease).error().Wrap(fmt::format("Service \"{}\"", key.name)).At(object.position);
  }
  if (spec.type == "ExternalName") return {};
  if (!spec.headless()) spec.cluster_ip = lease->address;
  spec.cluster_ips = {spec.cluster_ip};
  if (spec.ip_families.empty()) spec.ip_families = {"IPv4"};
  if (spec.ip_family_policy.empty()) spec.ip_family_policy = "SingleStack";
  for (size_t i = 0; i < spec.ports.size(); ++i) spec.ports[i].node_port = lease->node_ports[i];
  return {};
}

}  // namespace skiff::kube
