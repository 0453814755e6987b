#include "pod/network/pod_dns.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <thread>

#include "common/file.h"
#include "network/dns/files.h"
#include "network/dns/layout.h"
#include "network/dns/registry.h"
#include "pod/network/pod_network.h"
#include "runtime/cgroup.h"

namespace skiff::pod {

using common::Result;

namespace {

constexpr size_t kShortId = 12;
constexpr char kServerCgroup[] = "/skiff/dns";
constexpr int kRemovalTries = 50;  // of 10 ms

// Beside the cgroups of pods, so that the server ends neither with the command's session nor with a pod. Where that is not
// possible it runs all the same.
network::DnsRegistry::Adopt TryAdopt(const Context& context) {
  return [&context](pid_t pid) {
    const auto cgroups = runtime::Cgroups::Detect(context.paths.cgroup_root, context.paths.proc_root);
    if (!cgroups || !cgroups->CreateForProcesses(kServerCgroup)) return;
    (void)cgroups->AddProcess(kServerCgroup, pid).has_value();
  };
}

// Those of the leases' networks that have a name server: bridges, on whose addresses it listens, unless they were made
// without.
Result<std::map<std::string, network::DnsNetwork>> NetworksWithNames(Context& context, const std::vector<network::Lease>& leases) {
  std::map<std::string, network::DnsNetwork> networks;
  for (const network::Lease& lease : leases) {
    if (lease.gateway.empty()) continue;
    ASSIGN_OR_RETURN(const network::Definition definition, context.network.Find(lease.network));
    // The default network has one whatever its file says: earlier versions wrote none into it.
    const bool wanted = definition.dns_enabled || definition.name == network::Network::kDefaultName;
    if (!wanted || !definition.is_bridge()) continue;
    network::DnsNetwork& settings = networks[lease.network];
    settings.addresses.push_back(lease.gateway);
    settings.servers = definition.dns_servers;
    settings.forward = !definition.internal;
    settings.interface = definition.interface;
  }
  return networks;
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
  ASSIGN_OR_RETURN(const auto networks, NetworksWithNames(context, leases));
  const network::DnsRegistry registry(context.paths);
  std::set<std::string> joined;
  for (const auto& [network, settings] : networks) {
    joined.insert(network);
    network::DnsPod names{.names = DnsNames(pod, containers)};
    if (pod.spec.from_kube) names.kube_namespace = pod.spec.kube_namespace;
    else names.servers = pod.spec.dns.nameservers;
    for (const NetworkAttachment& attachment : AttachmentsOf(pod.spec.network)) {
      if (attachment.name == network) names.names.insert(names.names.end(), attachment.aliases.begin(), attachment.aliases.end());
    }
    for (const network::Lease& lease : leases) {
      if (lease.network == network) names.addresses.push_back(lease.address);
    }
    TRY(registry.Add(network, settings, pod.id, names, TryAdopt(context)), "name server of network {}", network);
  }
  return registry.Remove(pod.id, joined);
}

namespace {

// With the last server go its folder and its cgroup. The folder may have gone already, with a command that was killed in
// between.
Result<> ForgetServers(Context& context) {
  ASSIGN_OR_RETURN(const bool none_left, network::DnsRegistry(context.paths).RemoveIfEmpty());
  if (!none_left) return {};
  const std::string networks = network::DnsNetworksDirectory(network::DnsDirectory(context.paths));
  const auto cgroups = runtime::Cgroups::Detect(context.paths.cgroup_root, context.paths.proc_root);
  if (!cgroups) return {};
  // A server may be just ending there, or another command has started the next one.
  for (int i = 0; i < kRemovalTries && !cgroups->Remove(kServerCgroup) && !common::PathExists(networks); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  return {};
}

}  // namespace

std::vector<std::string> NetworkServers(Context& context, const PodSpec& pod, const std::vector<network::Lease>& leases) {
  std::vector<std::string> servers;
  if (const auto networks = NetworksWithNames(context, leases)) {
    // The pod's first network comes first.
    for (const network::Lease& lease : leases) {
      if (networks->contains(lease.network) && !lease.gateway.empty()) servers.push_back(lease.gateway);
    }
  }
  const bool on_host = pod.network.mode == NetworkSpec::Mode::kHost;
  if (!on_host || pod.dns.policy != DnsConfig::Policy::kClusterFirstWithHostNet) return servers;
  const std::string pods = network::DnsPodsDirectory(network::DnsDirectory(context.paths), network::Network::kDefaultName);
  if (!common::PathExists(pods)) return servers;
  if (const auto definition = context.network.Find(network::Network::kDefaultName))
    servers.push_back(definition->Gateway(false));
  return servers;
}

Result<> ForgetNames(Context& context, const std::string& pod_id) {
  return network::DnsRegistry(context.paths).Remove(pod_id);
}

Result<> EndUnusedNameServers(Context& context) {
  TRY(network::DnsRegistry(context.paths).EndUnused(), "name server");
  return ForgetServers(context);
}

Result<> RestoreNameServers(Context& context) {
  TRY(network::DnsRegistry(context.paths).Restore(TryAdopt(context)));
  return EndUnusedNameServers(context);
}

Result<> ReloadNameServers(Context& context) { return network::DnsRegistry(context.paths).Reload(TryAdopt(context)); }

}  // namespace skiff::pod
