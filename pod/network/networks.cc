// Engine: networks, and what of a pod's network changes while it runs.
#include <algorithm>
#include <map>
#include <set>

#include "common/file.h"
#include "pod/context.h"
#include "pod/control.h"
#include "pod/engine.h"
#include "pod/finder.h"
#include "pod/network/network_changes.h"
#include "pod/network/pod_dns.h"
#include "pod/network/pod_network.h"
#include "pod/state/names.h"
#include "pod/status_reader.h"
#include "pod/supervisor/pod_lock.h"

namespace skiff::pod {
namespace {

using common::ErrorCode;
using common::MakeError;
using common::Result;

bool IsOn(const PodSpec& pod, const std::string& network) {
  const auto attachments = AttachmentsOf(pod.network);
  return std::ranges::find(attachments, network, &NetworkAttachment::name) != attachments.end();
}

// The process whose network namespace is the pod's; absent unless the pod runs.
Result<std::optional<int>> InfraPid(Context& context, const std::string& pod_id) {
  ASSIGN_OR_RETURN(const bool working, IsWorking(context, pod_id));
  if (!working) return std::optional<int>();
  ASSIGN_OR_RETURN(const auto status, ReadPodStatus(context, pod_id));
  if (status.infra_pid == 0) return std::optional<int>();
  return std::optional<int>(static_cast<int>(status.infra_pid));
}

Result<> RequireBridgeMode(const PodSpec& pod) {
  if (pod.network.mode == NetworkSpec::Mode::kBridge) return {};
  return MakeError(ErrorCode::kInvalid, "pod {} has network mode \"{}\": only pods on bridge networks can change them",
                   ShownPodName(pod), EnumName(pod.network.mode));
}

}  // namespace

Result<network::Definition> Engine::CreateNetwork(network::Definition wanted) {
  return impl_->network.Create(std::move(wanted));
}

Result<network::Definition> Engine::FindNetwork(const std::string& name_or_id) { return impl_->network.Find(name_or_id); }

Result<> Engine::CheckNetworks(const NetworkSpec& networks) {
  if (networks.mode == NetworkSpec::Mode::kContainer) TRY(FindNetworkTarget(*impl_, networks.target));
  if (networks.mode == NetworkSpec::Mode::kPath && !common::PathExists(networks.target))
    return MakeError(ErrorCode::kNotFound, "cannot find the network namespace {}: no such file", networks.target);
  std::set<std::string> interfaces;
  for (const NetworkAttachment& attachment : AttachmentsOf(networks)) {
    TRY(impl_->network.CheckRequest(attachment.name, RequestOf(attachment)));
    if (!attachment.interface.empty() && !interfaces.insert(attachment.interface).second)
      return MakeError(ErrorCode::kInvalid, "interface name {} is used for two networks", attachment.interface);
  }
  return {};
}

Result<std::vector<network::Definition>> Engine::ListNetworks() { return impl_->network.List(); }

Result<std::vector<std::string>> Engine::NetworkUsers(const std::string& name) {
  ASSIGN_OR_RETURN(const auto pods, impl_->store->Pods());
  std::vector<std::string> users;
  for (const PodRecord& pod : pods) {
    if (IsOn(pod.spec, name)) users.push_back(pod.id);
  }
  return users;
}

Result<> Engine::RemoveNetwork(const std::string& name, bool force, std::optional<int64_t> grace_s) {
  ASSIGN_OR_RETURN(const network::Definition network, FindNetwork(name));
  if (network.name != network::Network::kDefaultName) {
    ASSIGN_OR_RETURN(const auto users, NetworkUsers(network.name));
    if (!users.empty() && !force)
      return MakeError(ErrorCode::kBusy,
                       "\"{}\" has associated containers with it. Use -f to forcefully delete containers and pods: "
                       "network is being used",
                       name);
    for (const std::string& pod : users) TRY(RemovePod(pod, true, grace_s));
  }
  return impl_->network.Remove(network.name);
}

Result<> Engine::ConnectNetwork(const std::string& pod_id, const NetworkAttachment& attachment) {
  ASSIGN_OR_RETURN(const OperationLock lock, OperationLock::Acquire(impl_->Layout(pod_id).lock_file()));
  ASSIGN_OR_RETURN(PodRecord pod, RequirePod(*impl_->store, pod_id));
  TRY(RequireBridgeMode(pod.spec));
  ASSIGN_OR_RETURN(const network::Definition network, impl_->network.Find(attachment.name));
  if (IsOn(pod.spec, network.name))
    return MakeError(ErrorCode::kExists, "{} is already connected to network \"{}\"", ShownPodName(pod.spec),
                     network.name);
  TRY(impl_->network.CheckRequest(network.name, RequestOf(attachment)));
  pod.spec.network.networks = AttachmentsOf(pod.spec.network);
  pod.spec.network.networks.push_back(attachment);
  pod.spec.network.networks.back().name = network.name;
  pod.spec.network.left_all = false;
  ASSIGN_OR_RETURN(const auto pid, InfraPid(*impl_, pod_id));
  if (pid) {
    TRY(MarkNetworkChange(*impl_, pod_id));
    TRY(impl_->network.Connect(pod_id, *pid, network, RequestOf(attachment)));
    TRY(RememberLeases(*impl_, pod));
  }
  TRY(impl_->store->UpdatePod(pod_id, pod.spec));
  return pid ? UnmarkNetworkChange(*impl_, pod_id) : Result<>();
}

Result<> Engine::DisconnectNetwork(const std::string& pod_id, const std::string& name) {
  ASSIGN_OR_RETURN(const OperationLock lock, OperationLock::Acquire(impl_->Layout(pod_id).lock_file()));
  ASSIGN_OR_RETURN(PodRecord pod, RequirePod(*impl_->store, pod_id));
  TRY(RequireBridgeMode(pod.spec));
  ASSIGN_OR_RETURN(const network::Definition network, impl_->network.Find(name));
  pod.spec.network.networks = AttachmentsOf(pod.spec.network);
  auto& networks = pod.spec.network.networks;
  if (std::erase_if(networks, [&](const NetworkAttachment& a) { return a.name == network.name; }) == 0)
    return MakeError(ErrorCode::kNotFound, "{} is not connected to network {}", ShownPodName(pod.spec), network.name);
  pod.spec.network.left_all = networks.empty();
  ASSIGN_OR_RETURN(const auto pid, InfraPid(*impl_, pod_id));
  if (pid) {
    TRY(MarkNetworkChange(*impl_, pod_id));
    TRY(impl_->network.Disconnect(pod_id, *pid, network.name));
    TRY(RememberLeases(*impl_, pod));
    TRY(EndUnusedNameServers(*impl_));
  }
  TRY(impl_->store->UpdatePod(pod_id, pod.spec));
  return pid ? UnmarkNetworkChange(*impl_, pod_id) : Result<>();
}

Result<> Engine::RemoveUnusedNetworks() {
  TRY(EndUnusedNameServers(*impl_));
  return impl_->network.RemoveUnused();
}

Result<> Engine::WireSandbox(const std::string& pod_id) {
  ASSIGN_OR_RETURN(const OperationLock lock, OperationLock::Acquire(impl_->Layout(pod_id).lock_file()));
  ASSIGN_OR_RETURN(const PodRecord pod, RequirePod(*impl_->store, pod_id));
  ASSIGN_OR_RETURN(const auto pid, InfraPid(*impl_, pod_id));
  ASSIGN_OR_RETURN(const auto status, ReadPodStatus(*impl_, pod_id));
  if (!pid || status.sandbox_lost_at.empty())
    return MakeError(ErrorCode::kBusy, "pod {} waits for no network", ShownPodName(pod.spec));
  if (pod.spec.network.mode != NetworkSpec::Mode::kBridge) return impl_->network.BringUpLoopback(*pid);
  // What was to be changed while there was no namespace is in the spec only.
  TRY(MarkNetworkChange(*impl_, pod_id));
  TRY(impl_->network.Attach(pod_id, *pid));
  return SettleNetwork(*impl_, pod_id, *pid);
}

Result<std::set<std::string>> Engine::FindDamagedNetworks(const std::vector<PodInfo>& pods) {
  std::map<std::string, std::vector<network::Lease>> running;
  for (const PodInfo& pod : pods) {
    // One that waits for another infra process has no link, and gets it with that.
    if (pod.status.state == "running" && pod.status.sandbox_lost_at.empty()) running.emplace(pod.id, pod.leases);
  }
  return impl_->network.FindDamaged(running);
}

Result<> Engine::ReloadNetwork(const std::string& pod_id) {
  ASSIGN_OR_RETURN(const OperationLock lock, OperationLock::Acquire(impl_->Layout(pod_id).lock_file()));
  TRY(RequirePod(*impl_->store, pod_id));
  ASSIGN_OR_RETURN(const auto pid, InfraPid(*impl_, pod_id));
  if (!pid) return {};
  TRY(SettleNetwork(*impl_, pod_id, *pid));
  TRY(impl_->network.Reload(pod_id, *pid));
  return ReloadNameServers(*impl_);
}

}  // namespace skiff::pod
