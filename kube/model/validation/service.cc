#include <algorithm>
#include <charconv>

#include "kube/model/validation/report.h"

namespace skiff::kube::validation {

namespace {

constexpr int32_t kFirstNodePort = 30000;
constexpr int32_t kLastNodePort = 32767;

bool IsIpv4(const std::string& text) { return IsIpAddress(text) && text.find(':') == text.npos; }

std::string FamilyOf(const std::string& address) { return IsIpv4(address) ? "IPv4" : "IPv6"; }

// "192.0.2.0/24", "2001:db8::/64"
bool IsSubnet(const std::string& text) {
  const size_t slash = text.find('/');
  if (slash == text.npos || !IsIpAddress(text.substr(0, slash))) return false;
  int length = -1;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + slash + 1, end, length);
  return error == std::errc() && stop == end && length >= 0 && length <= (IsIpv4(text.substr(0, slash)) ? 32 : 128);
}

bool HasNodePorts(const ServiceSpec& spec) { return spec.type == "NodePort" || spec.type == "LoadBalancer"; }

void ValidatePorts(Report& report, const ServiceSpec& spec) {
  if (spec.ports.empty() && spec.type != "ExternalName" && !spec.headless()) report.Required("spec.ports");
  std::set<std::string> names, numbers, node_ports;
  for (size_t i = 0; i < spec.ports.size(); ++i) {
    const ServicePort& port = spec.ports[i];
    const std::string at = fmt::format("spec.ports[{}]", i);
    if (port.name.empty() && spec.ports.size() > 1) report.Required(at + ".name");
    report.Unique(at + ".name", port.name, names);
    report.Unique(at, fmt::format("{}/{}", port.port, port.protocol), numbers);
    if (spec.headless() && spec.type == "ClusterIP" && port.target_port && !port.target_port->is_string &&
        port.target_port->number != port.port && !spec.selector.empty()) {
      report.Warning(at + ".targetPort", "nothing translates ports of a headless Service: clients connect to the pods");
    }
    if (port.node_port == 0) continue;
    if (!HasNodePorts(spec)) {
      report.Forbidden(at + ".nodePort", "may not be used when `type` is '" + spec.type + "'");
    } else if (port.node_port < kFirstNodePort || port.node_port > kLastNodePort) {
      report.Error(at + ".nodePort",
                   fmt::format("Invalid value: {}: provided port is not in the valid range. The range of valid ports is {}-{}",
                               port.node_port, kFirstNodePort, kLastNodePort));
    }
    report.Unique(at + ".nodePort", fmt::format("{}/{}", port.node_port, port.protocol), node_ports);
  }
}

void ValidateClusterIp(Report& report, const ServiceSpec& spec) {
  if (spec.type == "ExternalName") {
    if (!spec.cluster_ip.empty() && !spec.headless())
      report.Forbidden("spec.clusterIP", "may not be set for ExternalName services");
    return;
  }
  if (spec.headless() && spec.type != "ClusterIP")
    report.Invalid("spec.clusterIP", spec.cluster_ip, "may not be set to 'None' for " + spec.type + " services");
  if (!spec.cluster_ips.empty() && spec.cluster_ips.front() != spec.cluster_ip)
    report.Error("spec.clusterIPs", fmt::format("Invalid value: [{}]: element [0] must match clusterIP",
                                                QuoteText(spec.cluster_ips.front())));
  if (spec.headless()) {
    if (spec.cluster_ips.size() > 1) report.Error("spec.clusterIPs", "'None' must be the first and only value");
    return;
  }
  if (!spec.cluster_ip.empty() && !IsIpAddress(spec.cluster_ip))
    report.Invalid("spec.clusterIP", spec.cluster_ip, "must be empty, 'None', or an IP address");
  for (size_t i = 1; i < spec.cluster_ips.size(); ++i) {
    const std::string at = fmt::format("spec.clusterIPs[{}]", i);
    if (i > 1) report.Error(at, "may only hold up to 2 values, one of each family");
    else if (!IsIpAddress(spec.cluster_ips[i])) report.Invalid(at, spec.cluster_ips[i], "must be an IP address");
    else if (FamilyOf(spec.cluster_ips[i]) == FamilyOf(spec.cluster_ip))
      report.Invalid(at, spec.cluster_ips[i], "may only hold one address of each family");
  }
}

void ValidateFamilies(Report& report, const ServiceSpec& spec) {
  if (spec.type == "ExternalName") return;
  const bool single = spec.ip_family_policy.empty() || spec.ip_family_policy == "SingleStack";
  for (const auto& [values, field] : {std::pair{&spec.ip_families, "ipFamilies"}, std::pair{&spec.cluster_ips, "clusterIPs"}}) {
    if (single && values->size() > 1)
      report.Error("spec.ipFamilyPolicy",
                   fmt::format("Invalid value: \"SingleStack\": must be RequireDualStack or PreferDualStack when multiple {} are "
                               "specified", field));
  }
  std::set<std::string> seen;
  for (size_t i = 0; i < spec.ip_families.size(); ++i) {
    const std::string at = fmt::format("spec.ipFamilies[{}]", i);
    const std::string& family = spec.ip_families[i];
    if (family != "IPv4" && family != "IPv6") {
      report.Error(at, fmt::format("Unsupported value: {}: supported values: \"IPv4\", \"IPv6\"", QuoteText(family)));
      continue;
    }
    report.Unique(at, family, seen);
    const std::string address = i == 0 ? spec.cluster_ip : i < spec.cluster_ips.size() ? spec.cluster_ips[i] : "";
    if (IsIpAddress(address) && FamilyOf(address) != family)
      report.Invalid(spec.cluster_ips.empty() ? "spec.clusterIP" : fmt::format("spec.clusterIPs[{}]", i), address,
                     fmt::format("expected an {} value as indicated by `ipFamilies[{}]`", family, i));
  }
}

void ValidateExternal(Report& report, const ServiceSpec& spec) {
  if (spec.type == "ExternalName") {
    std::string name = spec.external_name;
    if (name.ends_with('.')) name.pop_back();
    if (name.empty()) report.Required("spec.externalName");
    else if (const std::string detail = DnsSubdomainDetail(name); !detail.empty())
      report.Invalid("spec.externalName", spec.external_name, detail);
  } else if (!spec.external_name.empty()) {
    report.Warning("spec.externalName", "spec.externalName is ignored when spec.type is not \"ExternalName\"");
  }
  for (size_t i = 0; i < spec.external_ips.size(); ++i) {
    const std::string at = fmt::format("spec.externalIPs[{}]", i);
    const std::string& ip = spec.external_ips[i];
    if (!IsIpAddress(ip)) report.Invalid(at, ip, "must be a valid IP address");
    else if (ip.starts_with("127.") || ip.starts_with("169.254.") || ip == "::1" || ip.starts_with("fe80:"))
      report.Invalid(at, ip, "may not be in the loopback or link-local range");
  }
  for (size_t i = 0; i < spec.load_balancer_source_ranges.size(); ++i) {
    const std::string& range = spec.load_balancer_source_ranges[i];
    const std::string at = fmt::format("spec.loadBalancerSourceRanges[{}]", i);
    if (spec.type != "LoadBalancer") report.Forbidden(at, "may only be used when `type` is 'LoadBalancer'");
    else if (!IsSubnet(range)) report.Invalid(at, range, "must be a valid CIDR, such as 192.0.2.0/24 or 2001:db8::/64");
  }
}

void ValidateAddress(Report& report, const std::string& path, const std::string& ip) {
  if (!IsIpAddress(ip)) return;  // told of by the table's rule
  if (ip.starts_with("127.") || ip == "::1") report.Invalid(path, ip, "may not be in the loopback range (127.0.0.0/8, ::1/128)");
  else if (ip.starts_with("169.254.") || ip.starts_with("fe80:"))
    report.Invalid(path, ip, "may not be in the link-local range (169.254.0.0/16, fe80::/10)");
  else if (ip == "0.0.0.0" || ip == "::") report.Invalid(path, ip, "may not be unspecified");
}

}  // namespace

void ValidateService(Report& report, const Service& service) {
  const ServiceSpec& spec = service.spec;
  if (const std::string detail = DnsLabelDetail(service.metadata.name); !service.metadata.name.empty() && !detail.empty())
    report.Invalid("metadata.name", service.metadata.name, detail);
  else if (!service.metadata.name.empty() && service.metadata.name.front() <= '9' && service.metadata.name.front() >= '0')
    report.Warning("metadata.name", "a Service whose name begins with a digit is refused by Kubernetes before 1.36");
  ValidatePorts(report, spec);
  ValidateClusterIp(report, spec);
  ValidateFamilies(report, spec);
  ValidateExternal(report, spec);
  if (spec.headless() && spec.session_affinity == "ClientIP")
    report.Warning("spec.sessionAffinity", "spec.SessionAffinity is ignored for headless services");
  if (spec.session_affinity == "None" && spec.session_affinity_config)
    report.Forbidden("spec.sessionAffinityConfig", "must not be set when session affinity is None");
  if (!spec.external_traffic_policy.empty() && !HasNodePorts(spec) && spec.external_ips.empty())
    report.Error("spec.externalTrafficPolicy",
                 fmt::format("Invalid value: {}: may only be set for externally-accessible services",
                             QuoteText(spec.external_traffic_policy)));
}

void ValidateEndpoints(Report& report, const Endpoints& endpoints) {
  for (size_t i = 0; i < endpoints.subsets.size(); ++i) {
    const EndpointSubset& subset = endpoints.subsets[i];
    const std::string at = fmt::format("subsets[{}]", i);
    if (subset.addresses.empty() && subset.not_ready_addresses.empty())
      report.Required(at, "must specify `addresses` or `notReadyAddresses`");
    for (size_t j = 0; j < subset.addresses.size(); ++j)
      ValidateAddress(report, fmt::format("{}.addresses[{}].ip", at, j), subset.addresses[j].ip);
    for (size_t j = 0; j < subset.not_ready_addresses.size(); ++j)
      ValidateAddress(report, fmt::format("{}.notReadyAddresses[{}].ip", at, j), subset.not_ready_addresses[j].ip);
    for (size_t j = 0; j < subset.ports.size(); ++j) {
      if (subset.ports.size() > 1 && subset.ports[j].name.empty()) report.Required(fmt::format("{}.ports[{}].name", at, j));
    }
  }
}

void ValidateEndpointSlice(Report& report, const EndpointSlice& slice) {
  for (size_t i = 0; i < slice.endpoints.size(); ++i) {
    const SliceEndpoint& endpoint = slice.endpoints[i];
    for (size_t j = 0; j < endpoint.addresses.size(); ++j) {
      const std::string at = fmt::format("endpoints[{}].addresses[{}]", i, j);
      const std::string& address = endpoint.addresses[j];
      if (slice.address_type == "FQDN") {
        if (const std::string detail = DnsSubdomainDetail(address); !detail.empty()) report.Invalid(at, address, detail);
      } else if (!IsIpAddress(address) || (address.find(':') != address.npos) != (slice.address_type == "IPv6")) {
        report.Invalid(at, address, "must be an " + slice.address_type + " address");
      } else {
        ValidateAddress(report, at, address);
      }
    }
  }
  std::set<std::string> names;
  for (size_t i = 0; i < slice.ports.size(); ++i) {
    const std::string at = fmt::format("ports[{}].name", i);
    const std::string name = slice.ports[i].name.value_or("");
    if (!name.empty()) {
      if (const std::string detail = DnsLabelDetail(name); !detail.empty()) report.Invalid(at, name, detail);
    }
    if (!names.insert(name).second) report.Error(at, fmt::format("Duplicate value: {}", QuoteText(name)));
  }
  if (!slice.metadata.labels.contains(kServiceNameLabel))
    report.Warning("metadata.labels",
                   fmt::format("without the label {} no Service has these endpoints", kServiceNameLabel));
}

}  // namespace skiff::kube::validation
