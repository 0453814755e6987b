#include "network/network.h"

#include <fcntl.h>

#include "common/file.h"
#include "common/file_lock.h"
#include "network/attachment.h"
#include "network/definition_store.h"
#include "network/host_ports.h"
#include "network/host_routes.h"
#include "network/lease_store.h"
#include "network/links.h"
#include "network/pod_record.h"

namespace skiff::network {

using common::ErrorCode;
using common::FileLock;
using common::MakeError;
using common::Result;
using common::UniqueFd;

namespace {

constexpr char kDefaultBridge[] = "skiff0";
constexpr size_t kLinkNameIdDigits = 10;

std::string StateDirectory(const common::SystemPaths& paths) { return paths.run_dir + "/networks"; }

PodRecords Records(const common::SystemPaths& paths) {
  return PodRecords(StateDirectory(paths) + "/pods", paths.proc_root);
}

LeaseStore Leases(const common::SystemPaths& paths) {
  return LeaseStore(paths.run_dir + "/leases", StateDirectory(paths));
}

DefinitionStore Definitions(const common::SystemPaths& paths) {
  return DefinitionStore(paths.state_dir + "/networks", paths.config_dir + "/networks");
}

// Held shared while a pod is attached, exclusively while the last one's bridge and table are removed.
Result<FileLock> LockKernelState(const common::SystemPaths& paths, FileLock::Mode mode) {
  TRY(common::MakeDirectories(StateDirectory(paths)));
  return FileLock::Acquire(StateDirectory(paths) + "/lock", mode);
}

// Locally administered and unique on its bridge. The same address keeps the same one, so that neighbour
// entries of other pods stay right when it is given again.
std::string MacFor(Ipv4Address address) {
  const uint32_t v = address.value;
  return fmt::format("02:73:{:02x}:{:02x}:{:02x}:{:02x}", v >> 24, v >> 16 & 255, v >> 8 & 255, v & 255);
}

// "0.0.0.0" means every address, as the empty one does.
std::vector<Port> Normalized(std::vector<Port> ports) {
  for (Port& port : ports) {
    if (port.host_ip == "0.0.0.0") port.host_ip.clear();
  }
  return ports;
}

// A port of every address and the same one of a single address cannot both be held.
Result<> CheckOverlaps(const std::vector<Port>& ports) {
  for (const Port& one : ports) {
    if (!one.host_ip.empty()) continue;
    for (const Port& other : ports) {
      if (!other.host_ip.empty() && other.host_port == one.host_port && other.protocol == one.protocol)
        return MakeError(ErrorCode::kInvalid,
                         "port {0}/{1} is published twice, on all addresses and on {2}: give each an address of its own",
                         one.host_port, one.protocol, other.host_ip);
    }
  }
  return {};
}

// The endpoint with names filled in, added if the pod has none on this network yet.
Endpoint& PlanEndpoint(PodRecord& record, const Definition& network) {
  if (Endpoint* known = record.FindEndpoint(network.name)) return *known;
  const size_t number = record.endpoints.size();
  Endpoint endpoint;
  endpoint.network = network.name;
  endpoint.bridge = network.bridge;
  endpoint.subnet = network.subnet;
  endpoint.interface = fmt::format("eth{}", number);
  endpoint.link =
      "veth" + record.pod_id.substr(0, kLinkNameIdDigits) + (number == 0 ? "" : fmt::format("{}", number));
  record.endpoints.push_back(std::move(endpoint));
  return record.endpoints.back();
}

Result<Ipv4Address> CheckStaticAddress(const Definition& network, const Ipv4Subnet& subnet,
                                       const std::string& text) {
  ASSIGN_OR_RETURN(const Ipv4Address address, Ipv4Address::Parse(text));
  if (!subnet.Contains(address) || address == subnet.base || address == subnet.last() ||
      text == network.gateway)
    return MakeError(ErrorCode::kInvalid,
                     "address {} cannot be given to a pod of network {} (subnet {}, gateway {})", text,
                     network.name, network.subnet, network.gateway);
  return address;
}

}  // namespace

Network::Network(const common::SystemPaths& paths) : paths_(paths) {}

Result<Definition> Network::Find(const std::string& name) {
  const DefinitionStore store = Definitions(paths_);
  if (name != kDefaultName) return store.Load(name);
  return store.LoadOrCreate(name, kDefaultBridge, []() -> Result<std::vector<Ipv4Subnet>> {
    ASSIGN_OR_RETURN(RtnlSocket host, RtnlSocket::Open());
    return HostSubnets(host);
  });
}

Result<Lease> Network::Reserve(const Definition& network, const std::string& pod_id,
                               const std::string& static_ip, const std::string& static_mac) {
  ASSIGN_OR_RETURN(const Ipv4Subnet subnet, Ipv4Subnet::Parse(network.subnet));
  ASSIGN_OR_RETURN(const Ipv4Address gateway, Ipv4Address::Parse(network.gateway));
  if (!static_mac.empty()) TRY(ParseMac(static_mac));
  const PodRecords records = Records(paths_);
  ASSIGN_OR_RETURN(PodRecord record, records.LoadOrNew(pod_id));
  Endpoint& endpoint = PlanEndpoint(record, network);
  if (!endpoint.lease.address.empty()) return endpoint.lease;

  LeaseStore leases = Leases(paths_);
  Ipv4Address address;
  // The intention first: whoever finds this command killed releases what the pod's id is on.
  TRY(records.Store(record));
  if (static_ip.empty()) {
    ASSIGN_OR_RETURN(address, leases.TakeAny(network.name, subnet, gateway, pod_id));
  } else {
    ASSIGN_OR_RETURN(address, CheckStaticAddress(network, subnet, static_ip));
    auto taken = leases.Take(network.name, address, pod_id);
    if (!taken && taken.error().code() == ErrorCode::kExists) {
      const std::string holder = leases.Holder(network.name, address).value_or("");
      ASSIGN_OR_RETURN(const auto other, records.Load(holder));
      return MakeError(ErrorCode::kExists, "address {} of network {} is held by pod {}", static_ip,
                       network.name, other ? other->shown_name() : holder);
    }
    TRY(taken);
  }
  endpoint.lease = {network.name, address.ToString(), subnet.prefix_length, network.gateway,
                    static_mac.empty() ? MacFor(address) : static_mac};
  TRY(records.Store(record));
  return endpoint.lease;
}

Result<std::vector<UniqueFd>> Network::HoldPorts(const std::string& pod_id, const std::string& pod_name,
                                                 const std::vector<Port>& ports) {
  const PodRecords records = Records(paths_);
  const std::vector<Port> wanted = Normalized(ports);
  const auto pod_holding = [&](const Port& port) -> std::string {
    const auto list = records.List();
    if (!list) return {};
    for (const PodRecord& record : *list) {
      for (const Port& held : record.ports) {
        const bool same_address =
            held.host_ip.empty() || port.host_ip.empty() || held.host_ip == port.host_ip;
        if (record.pod_id != pod_id && held.host_port == port.host_port && held.protocol == port.protocol &&
            same_address)
          return record.shown_name();
      }
    }
    return {};
  };
  TRY(CheckOverlaps(wanted));
  std::vector<UniqueFd> sockets;
  for (const Port& port : wanted) {
    ASSIGN_OR_RETURN(auto bound, BindHostPort(port, paths_.proc_root, pod_holding));
    for (UniqueFd& fd : bound) sockets.push_back(std::move(fd));
  }
  ASSIGN_OR_RETURN(PodRecord record, records.LoadOrNew(pod_id));
  record.pod_name = pod_name;
  record.ports = wanted;
  TRY(records.Store(record));
  return sockets;
}

Result<> Network::Attach(const std::string& pod_id, int netns_pid, const Definition& network,
                         const Lease& lease, const std::vector<Port>& ports) {
  const std::string netns_path = fmt::format("{}/{}/ns/net", paths_.proc_root, netns_pid);
  ASSIGN_OR_RETURN(const UniqueFd netns, common::Open(netns_path, O_RDONLY));
  ASSIGN_OR_RETURN(const FileLock lock, LockKernelState(paths_, FileLock::Mode::kShared));
  const PodRecords records = Records(paths_);
  ASSIGN_OR_RETURN(PodRecord record, records.LoadOrNew(pod_id));
  Endpoint& endpoint = PlanEndpoint(record, network);
  endpoint.lease = lease;
  // Only the first network of a pod carries its published ports and its default route.
  const bool first = endpoint.interface == "eth0";
  if (first) record.ports = Normalized(ports);
  TRY(records.Store(record));

  ASSIGN_OR_RETURN(Attachment attachment, Attachment::Open(paths_.proc_root));
  const LeaseStore leases = Leases(paths_);
  const Firewall::Owners owners{
      .stale = [&](Ipv4Address address) { return !leases.Holder(network.name, address); },
      .describe =
          [&](Ipv4Address address) {
            const auto holder = leases.Holder(network.name, address).value_or("");
            const auto other = records.Load(holder);
            return "pod " + (other && *other ? (*other)->shown_name() : holder);
          }};
  auto result = attachment.Wire(endpoint, netns.get(), first ? record.ports : std::vector<Port>(), owners);
  if (result) return {};
  auto undone = attachment.Unwire(endpoint, record.ports);
  if (!undone) return std::move(result).error().AlsoFailed(undone.error());
  return result;
}

Result<> Network::BringUpLoopback(int netns_pid) {
  const std::string netns_path = fmt::format("{}/{}/ns/net", paths_.proc_root, netns_pid);
  ASSIGN_OR_RETURN(const UniqueFd netns, common::Open(netns_path, O_RDONLY));
  ASSIGN_OR_RETURN(RtnlSocket pod, RtnlSocket::OpenIn(netns.get()));
  return RaiseLoopback(pod);
}

Result<> Network::Detach(const std::string& pod_id) {
  const PodRecords records = Records(paths_);
  ASSIGN_OR_RETURN(const auto record, records.Load(pod_id));
  if (!record) return {};
  ASSIGN_OR_RETURN(Attachment attachment, Attachment::Open(paths_.proc_root));
  LeaseStore leases = Leases(paths_);
  Result<> first_error;
  const auto keep = [&](Result<> result) {
    if (!result && first_error) first_error = std::move(result);
  };
  for (const Endpoint& endpoint : record->endpoints) {
    if (const auto address = Ipv4Address::Parse(endpoint.lease.address)) {
      keep(attachment.Unwire(endpoint, record->ports));
      keep(leases.Release(endpoint.network, *address, pod_id));
    } else {
      keep(leases.ReleaseAll(endpoint.network, pod_id));
    }
    // The lease is a pod's claim to bridge and table: while others have one, there is nothing to lock.
    if (leases.HasLeases(endpoint.network)) continue;
    auto lock = LockKernelState(paths_, FileLock::Mode::kExclusive);
    if (!lock) {
      keep(std::move(lock).error());
      continue;
    }
    const auto unused = leases.RemoveIfEmpty(endpoint.network);
    if (!unused) keep(unused.error());
    if (!unused || !*unused) continue;
    keep(attachment.RemoveBridge(endpoint));
    const auto none_left = leases.RemoveIfEmpty();
    if (none_left && *none_left) keep(attachment.RemoveTable());
  }
  // With an error the record stays, so that the next sweep tries again.
  if (first_error) keep(records.Remove(pod_id));
  return first_error;
}

Result<> Network::Sweep(const std::function<bool(const std::string& pod_id)>& alive) {
  const PodRecords records = Records(paths_);
  ASSIGN_OR_RETURN(const auto ids, records.ListIds());
  Result<> first_error;
  for (const std::string& id : ids) {
    // Asked again at the end: the command that starts it may have come to its end in between.
    if (alive(id)) continue;
    ASSIGN_OR_RETURN(const auto record, records.Load(id));
    if (!record || records.OwnerRuns(*record) || alive(id)) continue;
    auto result = Detach(id);
    if (!result && first_error) first_error = std::move(result).error().Wrap("pod " + record->shown_name());
  }
  auto tidied = records.RemoveUnfinished();
  return first_error ? tidied : first_error;
}

Result<std::vector<std::string>> Network::HostAddresses() {
  ASSIGN_OR_RETURN(RtnlSocket host, RtnlSocket::Open());
  ASSIGN_OR_RETURN(auto addresses, DefaultRouteAddresses(host));
  if (addresses.empty()) {
    ASSIGN_OR_RETURN(const Definition network, Find(kDefaultName));
    addresses.push_back(network.gateway);
  }
  return addresses;
}

}  // namespace skiff::network
