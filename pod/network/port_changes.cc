// Engine: ports that are published or taken back while a pod runs.
#include <algorithm>

#include "pod/context.h"
#include "pod/control.h"
#include "pod/engine.h"
#include "pod/finder.h"
#include "pod/network/network_changes.h"
#include "pod/network/pod_network.h"
#include "pod/state/names.h"

namespace skiff::pod {
namespace {

using common::ErrorCode;
using common::MakeError;
using common::Result;

bool SameHostSide(const PortMapping& a, const PortMapping& b) {
  return a.host_port == b.host_port && a.protocol == b.protocol && a.host_ip == b.host_ip;
}

network::Port ToPort(const PortMapping& mapping) {
  return {.host_ip = mapping.host_ip,
          .host_port = mapping.host_port,
          .container_port = mapping.container_port,
          .protocol = std::string(EnumName(mapping.protocol))};
}

// Takes the mappings out of the spec; the number of those that were there.
size_t TakeFrom(std::vector<PortMapping>& ports, const std::vector<PortMapping>& leaving) {
  size_t count = 0;
  for (PortMapping& port : ports) {
    const auto gone = [&](const PortMapping& other) { return SameHostSide(port, other); };
    if (port.host_port == 0 || std::ranges::none_of(leaving, gone)) continue;
    port.host_port = 0;  // what the container listens on stays known
    ++count;
  }
  return count;
}

}  // namespace

Result<> MovePortRelays(Context& context, const std::string& pod_id) {
  supervisor::ControlRequest request;
  request.op = "relay-to";
  ASSIGN_OR_RETURN(const auto targets, context.network.PortAddresses(pod_id));
  request.names = {RelayAddress(targets)};
  TRY(Ask(context, pod_id, request));
  return {};
}

Result<> Engine::PublishPorts(const std::string& pod_id, const std::vector<PortMapping>& ports) {
  ASSIGN_OR_RETURN(const OperationLock lock, OperationLock::Acquire(impl_->Layout(pod_id).lock_file()));
  std::vector<ContainerRecord> containers;
  ASSIGN_OR_RETURN(PodRecord pod, RequireWholePod(*impl_->store, pod_id, containers));
  if (pod.spec.network.mode != NetworkSpec::Mode::kBridge)
    return MakeError(ErrorCode::kInvalid, "pod {} has no network of its own to publish ports of",
                     ShownPodName(pod.spec));
  const std::vector<network::Port> known = PublishedPorts(pod.spec);
  std::vector<network::Port> added;
  for (const PortMapping& port : ports) {
    const network::Port wanted = ToPort(port);
    const auto taken = std::ranges::find_if(known, [&](const network::Port& p) { return SamePort(p, wanted); });
    if (taken != known.end())
      return MakeError(ErrorCode::kExists, "port {} is published by pod {} already", Describe(wanted),
                       ShownPodName(pod.spec));
    added.push_back(wanted);
    pod.spec.ports.push_back(port);
  }
  ASSIGN_OR_RETURN(const bool working, IsWorking(*impl_, pod_id));
  if (working) {
    TRY(MarkNetworkChange(*impl_, pod_id));
    TRY(AddPorts(*impl_, pod, known, added));
  }
  TRY(impl_->store->UpdatePod(pod_id, pod.spec));
  return working ? UnmarkNetworkChange(*impl_, pod_id) : Result<>();
}

Result<> Engine::UnpublishPorts(const std::string& pod_id, const std::vector<PortMapping>& ports) {
  ASSIGN_OR_RETURN(const OperationLock lock, OperationLock::Acquire(impl_->Layout(pod_id).lock_file()));
  std::vector<ContainerRecord> containers;
  ASSIGN_OR_RETURN(PodRecord pod, RequireWholePod(*impl_->store, pod_id, containers));
  std::vector<network::Port> leaving;
  const std::vector<network::Port> known = PublishedPorts(pod.spec);
  for (const PortMapping& port : ports) {
    const auto found = std::ranges::find_if(known, [&](const network::Port& p) {
      return p.host_port == port.host_port && p.protocol == EnumName(port.protocol) && p.host_ip == port.host_ip;
    });
    if (found == known.end())
      return MakeError(ErrorCode::kNotFound, "port {} is not published by pod {}", Describe(ToPort(port)),
                       ShownPodName(pod.spec));
    leaving.push_back(*found);
  }
  ASSIGN_OR_RETURN(const bool working, IsWorking(*impl_, pod_id));
  if (working) {
    TRY(MarkNetworkChange(*impl_, pod_id));
    TRY(DropPorts(*impl_, pod_id, leaving));
  }
  for (ContainerRecord& container : containers) {
    if (TakeFrom(container.spec.ports, ports) != 0) TRY(impl_->store->UpdateContainer(container.id, container.spec));
  }
  TakeFrom(pod.spec.ports, ports);
  std::erase_if(pod.spec.ports, [](const PortMapping& port) { return port.host_port == 0; });
  TRY(impl_->store->UpdatePod(pod_id, pod.spec));
  return working ? UnmarkNetworkChange(*impl_, pod_id) : Result<>();
}

}  // namespace skiff::pod
