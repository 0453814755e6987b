#include "cli/pod_view.h"

#include <algorithm>

#include "cli/container_view.h"
#include "cli/inspect_view.h"
#include "cli/notation/text.h"
#include "cli/render/units.h"

namespace skiff::cli {

using common::JsonBuilder;
using common::JsonValue;

namespace {

struct Count {
  int running = 0;
  int exited = 0;
  int total = 0;
};

// Init containers have done their work when they have ended well.
Count CountContainers(const pod::PodInfo& pod) {
  Count count;
  for (const pod::ContainerInfo& container : pod.containers) {
    if (container.spec.init && container.status.state == "exited" && container.status.exit_code == 0)
      continue;
    ++count.total;
    count.running += container.status.state == "running";
    count.exited += container.status.state == "exited";
  }
  return count;
}

std::string InfraState(const pod::PodInfo& pod) {
  if (pod.status.state == "running" || pod.status.state == "stopping") return "running";
  return pod.status.state == "created" ? "created" : "exited";
}

}  // namespace

std::vector<std::string> PodNetworks(const pod::PodInfo& pod) {
  std::vector<std::string> names;
  const auto add = [&](const std::string& name) {
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  };
  if (pod.spec.network.mode != pod::NetworkSpec::Mode::kBridge) return names;
  for (const pod::NetworkAttachment& attachment : pod.spec.network.networks)
    add(attachment.name.empty() ? network::Network::kDefaultName : attachment.name);
  if (names.empty() && !pod.spec.network.left_all) add(network::Network::kDefaultName);
  return names;
}

std::string PodState(const pod::PodInfo& pod) {
  const Count count = CountContainers(pod);
  const bool infra_runs = InfraState(pod) == "running";
  if (infra_runs && count.running == count.total) return "Running";
  if (infra_runs) return "Degraded";
  if (pod.status.state == "created" && count.exited == 0) return "Created";
  return "Exited";
}

JsonValue PodListJson(const pod::PodInfo& pod, JsonBuilder& b) {
  JsonValue object = b.Object();
  b.Set(object, "Cgroup", "/skiff");
  JsonValue containers = b.Array();
  const auto add = [&](const std::string& id, const std::string& name, const std::string& state) {
    JsonValue entry = b.Object();
    b.Set(entry, "Id", id);
    b.Set(entry, "Names", name);
    b.Set(entry, "Status", state);
    b.Push(containers, std::move(entry));
  };
  add(pod.infra_id, ShortId(pod.id) + "-infra", InfraState(pod));
  for (const pod::ContainerInfo& container : pod.containers)
    add(container.id, container.name, container.status.state);
  b.Set(object, "Containers", std::move(containers));
  b.Set(object, "Created", pod.created);
  b.Set(object, "Id", pod.id);
  b.Set(object, "InfraId", pod.infra_id);
  b.Set(object, "Name", pod.name);
  b.Set(object, "Namespace", pod.spec.from_kube ? pod.spec.kube_namespace : "");
  b.Set(object, "Networks", b.Strings(PodNetworks(pod)));
  b.Set(object, "Status", PodState(pod));
  b.Set(object, "Labels", b.StringMap(pod.spec.labels));
  return object;
}

JsonValue PodRow(const pod::PodInfo& pod, bool no_truncation, JsonBuilder& b) {
  const auto id = [&](const std::string& full) { return no_truncation ? full : ShortId(full); };
  JsonValue row = b.Object();
  b.Set(row, "Id", id(pod.id));
  b.Set(row, "ID", id(pod.id));
  b.Set(row, "Name", pod.name);
  b.Set(row, "Namespace", pod.spec.kube_namespace);
  b.Set(row, "Status", PodState(pod));
  b.Set(row, "Created", HumanSince(pod.created));
  b.Set(row, "InfraId", id(pod.infra_id));
  b.Set(row, "InfraID", id(pod.infra_id));
  b.Set(row, "NumberOfContainers", static_cast<int>(pod.containers.size()) + 1);
  std::vector<std::string> ids{id(pod.infra_id)}, names{ShortId(pod.id) + "-infra"}, states{InfraState(pod)};
  for (const pod::ContainerInfo& container : pod.containers) {
    ids.push_back(id(container.id));
    names.push_back(container.name);
    states.push_back(container.status.state);
  }
  b.Set(row, "ContainerIds", Join(ids, ","));
  b.Set(row, "ContainerNames", Join(names, ","));
  b.Set(row, "ContainerStatuses", Join(states, ","));
  b.Set(row, "Labels", b.StringMap(pod.spec.labels));
  b.Set(row, "Cgroup", "/skiff");
  b.Set(row, "Networks", Join(PodNetworks(pod), ","));
  return row;
}

JsonValue PodInspectJson(const pod::PodInfo& pod, JsonBuilder& b) {
  using Mode = pod::NetworkSpec::Mode;
  JsonValue object = b.Object();
  b.Set(object, "Id", pod.id);
  b.Set(object, "Name", pod.name);
  b.Set(object, "Namespace", pod.spec.from_kube ? pod.spec.kube_namespace : "");
  b.Set(object, "Created", pod.created);
  b.Set(object, "ExitPolicy", pod.spec.exit_when_containers_exit ? "stop" : "continue");
  b.Set(object, "State", PodState(pod));
  b.Set(object, "Reason", pod.status.reason);
  b.Set(object, "Message", pod.status.message);
  b.Set(object, "Hostname", pod.spec.hostname);
  b.Set(object, "Labels", b.StringMap(pod.spec.labels));
  b.Set(object, "Annotations", b.StringMap(pod.spec.annotations));
  b.Set(object, "RestartPolicy", pod::EnumName(pod.spec.restart_policy));
  b.Set(object, "CreateCgroup", true);
  b.Set(object, "CgroupParent", "/skiff");
  b.Set(object, "CgroupPath", "/skiff/pod-" + pod.id);
  b.Set(object, "CreateInfra", true);
  b.Set(object, "InfraContainerID", pod.infra_id);
  b.Set(object, "InfraPid", pod.status.infra_pid);
  JsonValue infra = b.Object();
  b.Set(infra, "PortBindings", PortBindings(PodPorts(pod), b));
  b.Set(infra, "HostNetwork", pod.spec.network.mode == Mode::kHost);
  const auto fixed = pod.spec.network.networks.empty() ? pod::NetworkAttachment() : pod.spec.network.networks.front();
  b.Set(infra, "StaticIP", fixed.static_ips.empty() ? "" : fixed.static_ips.front());
  b.Set(infra, "StaticMAC", fixed.static_mac);
  b.Set(infra, "DNSServer", b.Strings(pod.spec.dns.nameservers));
  b.Set(infra, "DNSSearch", b.Strings(pod.spec.dns.searches));
  b.Set(infra, "DNSOption", b.Strings(pod.spec.dns.options));
  b.Set(infra, "NoManageHosts", !pod.spec.manage_hosts);
  b.Set(infra, "NoManageResolvConf", !pod.spec.manage_resolv_conf);
  b.Set(infra, "Networks", b.Strings(PodNetworks(pod)));
  JsonValue addresses = b.Array();
  for (const network::Lease& lease : pod.leases) b.Push(addresses, lease.address);
  b.Set(infra, "IPAddresses", std::move(addresses));
  b.Set(infra, "pid_ns", pod.spec.host_pid ? "host" : pod.spec.share_pid ? "pod" : "private");
  b.Set(infra, "userns", "host");
  b.Set(infra, "uts_ns", "private");
  b.Set(object, "InfraConfig", std::move(infra));
  std::vector<std::string> shared = {"ipc", "net", "uts"};
  if (pod.spec.share_pid) shared.emplace_back("pid");
  b.Set(object, "SharedNamespaces", b.Strings(shared));
  b.Set(object, "NumContainers", static_cast<int>(pod.containers.size()) + 1);
  JsonValue containers = b.Array();
  const auto add = [&](const std::string& id, const std::string& name, const std::string& state) {
    JsonValue entry = b.Object();
    b.Set(entry, "Id", id);
    b.Set(entry, "Name", name);
    b.Set(entry, "State", state);
    b.Push(containers, std::move(entry));
  };
  add(pod.infra_id, ShortId(pod.id) + "-infra", InfraState(pod));
  for (const pod::ContainerInfo& container : pod.containers)
    add(container.id, container.name, container.status.state);
  b.Set(object, "Containers", std::move(containers));
  return object;
}

}  // namespace skiff::cli
