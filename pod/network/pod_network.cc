#include "pod/network/pod_network.h"

#include <algorithm>

#include "network/host_ports.h"
#include "network/port.h"
#include "network/service/service_leases.h"
#include "pod/finder.h"
#include "pod/state/lease_file.h"
#include "pod/state/names.h"
#include "pod/supervisor/held_port.h"
#include "pod/supervisor/pod_lock.h"
#include "pod/supervisor/protocol.h"

namespace skiff::pod {

using common::ErrorCode;
using common::MakeError;
using common::Result;

namespace {

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

Result<std::string> FindNetworkTarget(Context& context, const std::string& name) {
  if (const auto container = FindContainerId(*context.store, name)) {
    ASSIGN_OR_RETURN(const auto record, context.store->GetContainer(*container));
    if (record) return record->pod_id;
  }
  auto pod = FindPodId(*context.store, name);
  if (!pod && pod.error().code() == ErrorCode::kNotFound)
    return MakeError(ErrorCode::kNotFound, "no container or pod with name or ID \"{}\" found", name);
  return pod;
}

Result<> CheckPortIsFree(Context& context, const network::Port& port, const std::vector<std::string>& leaving) {
  TRY(RefuseServicePorts(context, {port}));
  ASSIGN_OR_RETURN(auto pods, context.store->Pods());
  std::string holder;
  for (PodRecord& pod : pods) {
    ASSIGN_OR_RETURN(const auto containers, context.store->Containers(pod.id));
    AddContainerSpecs(pod.spec, containers);
    const auto ports = PublishedPorts(pod.spec);
    if (std::ranges::none_of(ports, [&](const network::Port& other) { return network::SamePort(other, port); })) continue;
    const auto alive = supervisor::PodIsAlive(context.Layout(pod.id).run_dir());
    if (!alive || !*alive) continue;
    // Whoever else would like the port finds it held by this pod.
    if (std::ranges::find(leaving, pod.id) != leaving.end()) return {};
    holder = ShownPodName(pod.spec);
  }
  TRY(network::BindHostPort(port, context.paths.proc_root, [&](const network::Port&) { return holder; }));
  return {};
}

std::vector<NetworkAttachment> AttachmentsOf(const NetworkSpec& spec) {
  if (spec.mode != NetworkSpec::Mode::kBridge) return {};
  std::vector<NetworkAttachment> attachments = spec.networks;
  if (attachments.empty() && !spec.left_all) attachments.emplace_back();
  for (NetworkAttachment& attachment : attachments) {
    if (attachment.name.empty()) attachment.name = network::Network::kDefaultName;
  }
  return attachments;
}

network::EndpointRequest RequestOf(const NetworkAttachment& attachment) {
  return {.static_ips = attachment.static_ips,
          .static_mac = attachment.static_mac,
          .interface = attachment.interface,
          .aliases = attachment.aliases};
}

Result<PodNetwork> PodNetwork::Prepare(Context& context, const std::string& pod_id, const PodSpec& pod) {
  PodNetwork result;
  result.mode_ = pod.network.mode;
  if (pod.network.mode == NetworkSpec::Mode::kPath) result.join_path_ = pod.network.target;
  if (pod.network.mode == NetworkSpec::Mode::kContainer) {
    ASSIGN_OR_RETURN(const std::string target, FindNetworkTarget(context, pod.network.target), "network of {}",
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
  for (const NetworkAttachment& attachment : AttachmentsOf(pod.network)) {
    ASSIGN_OR_RETURN(const network::Definition definition, context.network.Find(attachment.name));
    ASSIGN_OR_RETURN(auto leases, context.network.Reserve(definition, pod_id, RequestOf(attachment)));
    for (network::Lease& lease : leases) result.leases_.push_back(std::move(lease));
  }
  TRY(RefuseServicePorts(context, PublishedPorts(pod)));
  TRY(result.Hold(context, pod_id, pod));
  TRY(WriteLeases(context.Layout(pod_id).Leases(), result.leases_));
  return result;
}

Result<> PodNetwork::Hold(Context& context, const std::string& pod_id, const PodSpec& pod) {
  ASSIGN_OR_RETURN(sockets_, context.network.HoldPorts(pod_id, ShownPodName(pod), PublishedPorts(pod)));
  ASSIGN_OR_RETURN(port_targets_, context.network.PortAddresses(pod_id));
  return {};
}

Result<PodNetwork> PodNetwork::HoldAgain(Context& context, const std::string& pod_id, const PodSpec& pod) {
  PodNetwork result;
  result.mode_ = pod.network.mode;
  if (pod.network.mode == NetworkSpec::Mode::kBridge) TRY(result.Hold(context, pod_id, pod));
  return result;
}

Result<> PodNetwork::PrepareHost(Context& context, const std::string& pod_id) {
  if (mode_ != NetworkSpec::Mode::kBridge) return {};
  ASSIGN_OR_RETURN(host_side_, context.network.PrepareHost(pod_id));
  return {};
}

Result<> PodNetwork::Attach(Context& context, int infra_pid) {
  if (!host_side_) return context.network.BringUpLoopback(infra_pid);
  const auto attached = context.network.AttachTo(*host_side_, infra_pid);
  host_side_.reset();
  return attached;
}

std::vector<std::string> PodNetwork::addresses() const { return PodAddresses(leases_); }

std::vector<std::pair<std::string, int>> PodNetwork::port_sockets() const {
  std::vector<std::pair<std::string, int>> sockets;
  for (const network::HeldPort& held : sockets_) sockets.emplace_back(HeldPortName(held, port_targets_), held.socket.get());
  return sockets;
}

std::string HeldPortName(const network::HeldPort& held, const std::vector<std::string>& targets) {
  const std::string side = supervisor::HostSide(held.port.protocol, held.port.host_ip, held.port.host_port);
  if (!held.relayed) return supervisor::HoldName(side, false);
  return supervisor::RelayName(side, {.address = RelayAddress(targets), .port = held.port.container_port});
}

std::string RelayAddress(const std::vector<std::string>& targets) {
  return targets.empty() ? supervisor::kNowhere : targets.front();
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
