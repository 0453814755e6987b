#include <algorithm>

#include "kube/model/validation/report.h"

namespace skiff::kube::validation {

namespace {

void ValidateContainers(Report& report, const std::string& path, const PodContext& pod) {
  std::set<std::string> names;
  const auto check = [&](const char* field, const std::vector<Container>& containers, bool init) {
    for (size_t i = 0; i < containers.size(); ++i) {
      const std::string at = fmt::format("{}.{}[{}]", path, field, i);
      report.Unique(at + ".name", containers[i].name, names);
      ValidateContainer(report, at, containers[i], pod, init);
    }
  };
  check("initContainers", pod.spec.init_containers, true);
  check("containers", pod.spec.containers, false);
}

std::string PortKey(const ContainerPort& port) {
  return fmt::format("{}:{}/{}", port.host_ip.empty() ? "0.0.0.0" : port.host_ip, port.host_port,
                     port.protocol);
}

void ValidateHostPorts(Report& report, const std::string& path, const PodSpec& spec) {
  std::set<std::string> taken;
  for (size_t i = 0; i < spec.containers.size(); ++i) {
    const auto& ports = spec.containers[i].ports;
    for (size_t j = 0; j < ports.size(); ++j) {
      if (ports[j].host_port == 0) continue;
      report.Unique(fmt::format("{}.containers[{}].ports[{}].hostPort", path, i, j), PortKey(ports[j]),
                    taken);
    }
  }
}

void ValidateDns(Report& report, const std::string& path, const PodSpec& spec) {
  const bool none = spec.dns_policy == "None";
  if (none && (!spec.dns_config || spec.dns_config->nameservers.empty())) {
    report.Required(path + ".dnsConfig.nameservers",
                    "must provide at least one DNS nameserver when `dnsPolicy` is None");
  }
  if (!spec.dns_config) return;
  const PodDnsConfig& config = *spec.dns_config;
  constexpr size_t kMostServers = 3, kMostSearches = 32, kLongestSearches = 2048;
  if (config.nameservers.size() > kMostServers) {
    report.Error(path + ".dnsConfig.nameservers", fmt::format("Too many: {}: must have at most {} items",
                                                              config.nameservers.size(), kMostServers));
  }
  for (size_t i = 0; i < config.nameservers.size(); ++i) {
    if (IsIpAddress(config.nameservers[i])) continue;
    report.Invalid(fmt::format("{}.dnsConfig.nameservers[{}]", path, i), config.nameservers[i],
                   "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
  }
  if (config.searches.size() > kMostSearches) {
    report.Error(path + ".dnsConfig.searches", fmt::format("Too many: {}: must have at most {} items",
                                                           config.searches.size(), kMostSearches));
  }
  if (fmt::format("{}", fmt::join(config.searches, " ")).size() > kLongestSearches) {
    report.Error(path + ".dnsConfig.searches",
                 fmt::format("Too long: may not be more than {} bytes", kLongestSearches));
  }
}

void ValidateHostAliases(Report& report, const std::string& path, const PodSpec& spec) {
  std::set<std::string> addresses;
  for (size_t i = 0; i < spec.host_aliases.size(); ++i) {
    const HostAlias& alias = spec.host_aliases[i];
    const std::string at = fmt::format("{}.hostAliases[{}]", path, i);
    if (!addresses.insert(alias.ip).second) {
      report.Warning(at + ".ip", fmt::format("duplicate ip {}", QuoteText(alias.ip)));
    }
    for (size_t j = 0; j < alias.hostnames.size(); ++j) {
      const std::string detail = DnsSubdomainDetail(alias.hostnames[j]);
      if (!detail.empty()) report.Invalid(fmt::format("{}.hostnames[{}]", at, j), alias.hostnames[j], detail);
    }
  }
}

void ValidateNamespaces(Report& report, const std::string& path, const PodSpec& spec) {
  if (spec.share_process_namespace.value_or(false) && spec.host_pid) {
    report.Invalid(path + ".shareProcessNamespace", "true",
                   "ShareProcessNamespace and HostPID cannot both be enabled");
  }
  const bool host_namespaces = spec.host_network || spec.host_pid || spec.host_ipc;
  if (spec.host_users == false && host_namespaces) {
    report.Forbidden(path + ".hostUsers",
                     "when `hostUsers` is false, hostNetwork, hostPID and hostIPC must be false");
  }
}

}  // namespace

void ValidatePodSpec(Report& report, const std::string& path, const PodSpec& spec, bool in_template) {
  const PodContext pod{spec, in_template};
  ValidateVolumes(report, path + ".volumes", spec);
  ValidateContainers(report, path, pod);
  ValidateHostPorts(report, path, spec);
  ValidateDns(report, path, spec);
  ValidateHostAliases(report, path, spec);
  ValidateNamespaces(report, path, spec);
  ValidatePodSecurity(report, path, spec);
  if (spec.termination_grace_period_seconds.value_or(0) < 0) {
    report.Warning(path + ".terminationGracePeriodSeconds",
                   "must be >= 0; negative values are invalid and will be treated as 1");
  }
}

}  // namespace skiff::kube::validation
