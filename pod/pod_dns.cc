#include "pod/pod_dns.h"

#include <algorithm>
#include <map>

#include "common/file.h"
#include "network/dns/files.h"
#include "network/dns/layout.h"
#include "network/dns/registry.h"
#include "runtime/cgroup.h"

namespace skiff::pod {

using common::Result;

namespace {

constexpr size_t kShortId = 12;
constexpr char kServerCgroup[] = "/skiff/dns";

// Beside the cgroups of pods, so that the server ends neither with the command's session nor with a pod. Where that is not
// possible it runs all the same.
network::DnsRegistry::Adopt TryAdopt(const Context& context) {
  return [&context](pid_t pid) {
    const auto cgroups = runtime::Cgroups::Detect(context.paths.cgroup_root, context.paths.proc_root);
    if (!cgroups || !cgroups->Create(kServerCgroup)) return;
    (void)cgroups->AddProcess(kServerCgroup, pid).has_value();
  };
}

}  // namespace

std::vector<std::string> DnsNames(const PodRecord& pod, const std::vector<ContainerRecord>& containers) {
  std::vector<std::string> names;
  const auto add = [&](const std::string& name) {
    if (!name.empty() && std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  };
  if (!pod.spec.implicit) add(pod.spec.name);
  for (const ContainerRecord& container : containers) {
    if (container.spec.init) continue;
    add(pod.spec.from_kube ? container.spec.name : container.name);
    if (pod.spec.implicit) add(container.id.substr(0, kShortId));
  }
  if (!pod.spec.implicit) add(pod.id.substr(0, kShortId));
  add(pod.spec.hostname);
  return names;
}

Result<> RegisterNames(Context& context, const PodRecord& pod, const std::vector<ContainerRecord>& containers,
                       const std::vector<network::Lease>& leases) {
  network::DnsPod names{.names = DnsNames(pod, containers)};
  if (pod.spec.from_kube) names.kube_namespace = pod.spec.kube_namespace;
  else names.servers = pod.spec.dns.nameservers;
  std::map<std::string, network::DnsNetwork> networks;
  std::map<std::string, std::vector<std::string>> addresses;
  for (const network::Lease& lease : leases) {
    if (lease.gateway.empty()) continue;
    networks[lease.network].addresses.push_back(lease.gateway);
    addresses[lease.network].push_back(lease.address);
  }
  const network::DnsRegistry registry(context.paths);
  for (const auto& [network, settings] : networks) {
    names.addresses = addresses[network];
    TRY(registry.Add(network, settings, pod.id, names, TryAdopt(context)), "name server of network {}", network);
  }
  return {};
}

std::vector<std::string> NetworkServers(Context& context, const PodSpec& pod, const std::vector<network::Lease>& leases) {
  std::vector<std::string> servers;
  for (const network::Lease& lease : leases) {
    if (!lease.gateway.empty()) servers.push_back(lease.gateway);
  }
  const bool on_host = pod.network.mode == NetworkSpec::Mode::kHost;
  if (!on_host || pod.dns.policy != DnsConfig::Policy::kClusterFirstWithHostNet) return servers;
  const std::string pods = network::DnsPodsDirectory(network::DnsDirectory(context.paths), network::Network::kDefaultName);
  if (!common::PathExists(pods)) return servers;
  if (const auto definition = context.network.Find(network::Network::kDefaultName)) servers.push_back(definition->gateway);
  return servers;
}

Result<> ForgetNames(Context& context, const std::string& pod_id) {
  TRY(network::DnsRegistry(context.paths).Remove(pod_id), "name server");
  const auto left = common::ListDirectory(network::DnsNetworksDirectory(network::DnsDirectory(context.paths)));
  if (!left || !left->empty()) return {};
  TRY(common::RemoveTree(network::DnsNetworksDirectory(network::DnsDirectory(context.paths))));
  // Another command may just have started a server there.
  if (const auto cgroups = runtime::Cgroups::Detect(context.paths.cgroup_root, context.paths.proc_root))
    (void)cgroups->Remove(kServerCgroup).has_value();
  return {};
}

Result<> RestoreNameServers(Context& context) { return network::DnsRegistry(context.paths).Restore(TryAdopt(context)); }

}  // namespace skiff::pod
