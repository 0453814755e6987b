#include "pod/network/network_changes.h"

#include <algorithm>

#include "common/file.h"
#include "pod/control.h"
#include "pod/finder.h"
#include "pod/network/name_texts.h"
#include "pod/network/pod_dns.h"
#include "pod/network/pod_network.h"
#include "pod/state/lease_file.h"
#include "pod/state/names.h"
#include "pod/status_reader.h"
#include "pod/supervisor/control_client.h"
#include "pod/supervisor/held_port.h"

namespace skiff::pod {

using common::Result;

namespace {

std::string MarkOf(const Context& context, const std::string& pod_id) {
  return context.Layout(pod_id).run_dir() + "/network-change";
}

// The pod's reaper gets the sockets, its supervisor relays what arrives on some.
Result<> HandOver(Context& context, const std::string& pod_id, const std::vector<network::HeldPort>& sockets) {
  ASSIGN_OR_RETURN(const auto targets, context.network.PortAddresses(pod_id));
  ASSIGN_OR_RETURN(auto client, supervisor::ControlClient::Connect(context.Layout(pod_id).run_dir()));
  for (const network::HeldPort& held : sockets) {
    supervisor::ControlRequest request;
    request.op = "hold";
    request.names = {HeldPortName(held, targets)};
    TRY(client.Call(request, held.socket.get()));
  }
  return {};
}

std::vector<network::Port> Without(std::vector<network::Port> ports, const std::vector<network::Port>& others) {
  std::erase_if(ports, [&](const network::Port& port) { return std::ranges::find(others, port) != others.end(); });
  return ports;
}

Result<> SettleNetworks(Context& context, const PodRecord& pod, int infra_pid) {
  const std::vector<NetworkAttachment> wanted = AttachmentsOf(pod.spec.network);
  ASSIGN_OR_RETURN(auto present, context.network.Networks(pod.id));
  std::erase_if(present, [&](const network::Network::Membership& member) {
    return member.whole && std::ranges::find(wanted, member.network, &NetworkAttachment::name) != wanted.end();
  });
  for (const network::Network::Membership& member : present) TRY(context.network.Disconnect(pod.id, infra_pid, member.network));
  ASSIGN_OR_RETURN(present, context.network.Networks(pod.id));
  for (const NetworkAttachment& attachment : wanted) {
    if (std::ranges::find(present, attachment.name, &network::Network::Membership::network) != present.end()) continue;
    ASSIGN_OR_RETURN(const network::Definition definition, context.network.Find(attachment.name));
    TRY(context.network.Connect(pod.id, infra_pid, definition, RequestOf(attachment)));
  }
  return {};
}

Result<> SettlePorts(Context& context, const PodRecord& pod) {
  const auto wanted = network::Network::Normalized(PublishedPorts(pod.spec));
  ASSIGN_OR_RETURN(const auto present, context.network.Ports(pod.id));
  const auto leaving = Without(present, wanted);
  if (!leaving.empty()) TRY(DropPorts(context, pod.id, leaving));
  const auto missing = Without(wanted, present);
  if (missing.empty()) return {};
  // Their sockets may still be held.
  TRY(DropPorts(context, pod.id, missing));
  return AddPorts(context, pod, Without(wanted, missing), missing);
}

}  // namespace

Result<> MarkNetworkChange(const Context& context, const std::string& pod_id) {
  return common::WriteFile(MarkOf(context, pod_id), "");
}

Result<> UnmarkNetworkChange(const Context& context, const std::string& pod_id) {
  return common::RemoveFile(MarkOf(context, pod_id));
}

bool HasNetworkChange(const Context& context, const std::string& pod_id) { return common::PathExists(MarkOf(context, pod_id)); }

Result<> SettleNetwork(Context& context, const std::string& pod_id, int infra_pid) {
  if (!HasNetworkChange(context, pod_id)) return {};
  std::vector<ContainerRecord> containers;
  ASSIGN_OR_RETURN(const PodRecord pod, RequireWholePod(*context.store, pod_id, containers));
  TRY(SettleNetworks(context, pod, infra_pid));
  TRY(SettlePorts(context, pod));
  TRY(context.network.Reload(pod_id, infra_pid));
  TRY(RememberLeases(context, pod));
  TRY(EndUnusedNameServers(context));
  return UnmarkNetworkChange(context, pod_id);
}

Result<> TrySettleNetwork(Context& context, const std::string& pod_id) {
  ASSIGN_OR_RETURN(const auto lock, OperationLock::TryAcquire(context.Layout(pod_id).lock_file()));
  if (!lock) return {};
  ASSIGN_OR_RETURN(const bool working, IsWorking(context, pod_id));
  if (!working) return {};
  ASSIGN_OR_RETURN(const auto status, ReadPodStatus(context, pod_id));
  return status.infra_pid == 0 ? Result<>() : SettleNetwork(context, pod_id, static_cast<int>(status.infra_pid));
}

Result<> RememberLeases(Context& context, const PodRecord& pod) {
  const PodLayout layout = context.Layout(pod.id);
  ASSIGN_OR_RETURN(const auto before, ReadLeases(layout.Leases()));
  ASSIGN_OR_RETURN(const auto leases, context.network.Leases(pod.id));
  TRY(WriteLeases(layout.Leases(), leases));
  ASSIGN_OR_RETURN(const auto containers, context.store->Containers(pod.id));
  TRY(RenewNameFiles(context, pod, containers, before, leases));
  TRY(RegisterNames(context, pod, containers, leases));
  return MovePortRelays(context, pod.id);
}

Result<> AddPorts(Context& context, const PodRecord& pod, const std::vector<network::Port>& known,
                  const std::vector<network::Port>& added) {
  std::vector<network::Port> all = known;
  all.insert(all.end(), added.begin(), added.end());
  ASSIGN_OR_RETURN(const auto sockets, context.network.HoldPorts(pod.id, ShownPodName(pod.spec), all, known));
  auto done = context.network.Publish(pod.id, added);
  if (done) done = HandOver(context, pod.id, sockets);
  if (done) return {};
  auto undone = context.network.Unpublish(pod.id, added);
  return undone ? done : std::move(done).error().AlsoFailed(undone.error());
}

Result<> DropPorts(Context& context, const std::string& pod_id, const std::vector<network::Port>& leaving) {
  TRY(context.network.Unpublish(pod_id, leaving));
  supervisor::ControlRequest request;
  request.op = "release";
  for (const network::Port& port : leaving)
    request.names.push_back(supervisor::HostSide(port.protocol, port.host_ip, port.host_port));
  TRY(Ask(context, pod_id, request));
  return {};
}

}  // namespace skiff::pod
