#include "pod/pod_network.h"

#include <algorithm>

#include "network/service/service_leases.h"
#include "pod/finder.h"
#include "pod/lease_file.h"
#include "pod/names.h"
#include "pod/supervisor/pod_lock.h"
#include "pod/supervisor/protocol.h"

namespace skiff::pod {

using common::ErrorCode;
using common::MakeError;
using common::Result;

namespace {

// The pod whose namespace is to be shared: --network container:NAME.
Result<std::string> FindTarget(Context& context, const std::string& name) {
  if (const auto container = FindContainerId(*context.store, name)) {
    ASSIGN_OR_RETURN(const auto record, context.store->GetContainer(*container));
    if (record) return record->pod_id;
  }
  return FindPodId(*context.store, name);
}

// Ports of Services are held by nobody's socket.
Result<> RefuseServicePorts(const Context& context, const std::vector<network::Port>& ports) {
  const network::ServiceLeases leases(context.paths);
  for (const network::Port& port : ports) {
    if (const auto holder = leases.PortHolder(port.protocol, port.host_port))
      return MakeError(ErrorCode::kExists, "port {}/{} is in use by Service {}", port.host_port, port.protocol, *holder);
  }
  return {};
}

}  // namespace

Result<PodNetwork> PodNetwork::Prepare(Context& context, const std::string& pod_id, const PodSpec& pod) {
  PodNetwork result;
  result.mode_ = pod.network.mode;
  if (pod.network.mode == NetworkSpec::Mode::kPath) result.join_path_ = pod.network.target;
  if (pod.network.mode == NetworkSpec::Mode::kContainer) {
    ASSIGN_OR_RETURN(const std::string target, FindTarget(context, pod.network.target), "network of {}",
                     pod.network.target);
    const PodLayout layout = context.Layout(target);
    ASSIGN_OR_RETURN(const bool alive, supervisor::PodIsAlive(layout.run_dir()));
    if (!alive) {
      return MakeError(ErrorCode::kBusy, "the network of {0} cannot be joined, as it does not run: skiff start {0}",
                       pod.network.target);
    }
    result.join_path_ = layout.run_dir() + "/" + supervisor::kNamespaces + "/net";
    ASSIGN_OR_RETURN(result.leases_, ReadLeases(layout.Leases()));
  }
  if (pod.network.mode != NetworkSpec::Mode::kBridge) return result;
  if (pod.network.networks.size() > 1) {
    return MakeError(ErrorCode::kUnsupported, "a pod can be on one network only, not on {}", pod.network.networks.size());
  }
  const std::string name = pod.network.networks.empty() ? network::Network::kDefaultName : pod.network.networks.front();
  ASSIGN_OR_RETURN(result.definition_, context.network.Find(name));
  ASSIGN_OR_RETURN(network::Lease lease, context.network.Reserve(result.definition_, pod_id, pod.network.static_ip,
                                                                 pod.network.static_mac));
  result.leases_.push_back(std::move(lease));
  result.ports_ = PublishedPorts(pod);
  TRY(RefuseServicePorts(context, result.ports_));
  ASSIGN_OR_RETURN(result.sockets_, context.network.HoldPorts(pod_id, ShownPodName(pod), result.ports_));
  TRY(WriteLeases(context.Layout(pod_id).Leases(), result.leases_));
  return result;
}

Result<> PodNetwork::Attach(Context& context, const std::string& pod_id, int infra_pid) const {
  if (mode_ == NetworkSpec::Mode::kNone) return context.network.BringUpLoopback(infra_pid);
  return context.network.Attach(pod_id, infra_pid, definition_, leases_.front(), ports_);
}

std::vector<std::string> PodNetwork::addresses() const {
  std::vector<std::string> addresses;
  for (const network::Lease& lease : leases_) addresses.push_back(lease.address);
  return addresses;
}

std::vector<int> PodNetwork::port_sockets() const {
  std::vector<int> fds;
  for (const common::UniqueFd& socket : sockets_) fds.push_back(socket.get());
  return fds;
}

bool PodNetwork::own_namespace() const {
  return mode_ == NetworkSpec::Mode::kBridge || mode_ == NetworkSpec::Mode::kNone;
}

std::vector<network::Port> PublishedPorts(const PodSpec& pod) {
  std::vector<network::Port> ports;
  const auto add = [&](const std::vector<PortMapping>& mappings) {
    for (const PortMapping& mapping : mappings) {
      if (mapping.host_port == 0) continue;
      ports.push_back({.host_ip = mapping.host_ip,
                       .host_port = mapping.host_port,
                       .container_port = mapping.container_port,
                       .protocol = std::string(EnumName(mapping.protocol))});
    }
  };
  add(pod.ports);
  for (const ContainerSpec& container : pod.containers) add(container.ports);
  std::ranges::sort(ports);
  ports.erase(std::unique(ports.begin(), ports.end()), ports.end());
  return ports;
}

}  // namespace skiff::pod
