#include "network/network.h"

#include <fcntl.h>
#include <sys/resource.h>

#include <algorithm>

#include "common/file.h"
#include "common/file_lock.h"
#include "network/attachment.h"
#include "network/damage.h"
#include "network/definition_store.h"
#include "network/endpoint_plan.h"
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
constexpr rlim_t kOtherDescriptors = 256;

std::string StateDirectory(const common::SystemPaths& paths) { return paths.run_dir + "/networks"; }

PodRecords Records(const common::SystemPaths& paths) {
  return PodRecords(StateDirectory(paths) + "/pods", paths.proc_root);
}

LeaseStore LeasesIn(const common::SystemPaths& paths) {
  return LeaseStore(paths.run_dir + "/leases", StateDirectory(paths));
}

DefinitionStore Definitions(const common::SystemPaths& paths) {
  return DefinitionStore(paths.state_dir + "/networks", paths.config_dir + "/networks");
}

// Two sockets per published port, in this program and in those that get them.
void TryRaiseDescriptorLimit(size_t sockets) {
  rlimit limit{};
  const rlim_t wanted = sockets + kOtherDescriptors;
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) return;
  // Beyond the hard limit with the rights for it, else as far as it goes.
  const rlimit raised{.rlim_cur = wanted, .rlim_max = std::max(wanted, limit.rlim_max)};
  if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) return;
  limit.rlim_cur = limit.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

// Held shared while a pod is attached, exclusively while the last one's bridge and table are removed.
Result<FileLock> LockKernelState(const common::SystemPaths& paths, FileLock::Mode mode) {
  TRY(common::MakeDirectories(StateDirectory(paths)));
  return FileLock::Acquire(StateDirectory(paths) + "/lock", mode);
}

// Held shared while a pod's links and ports are taken away, exclusively while another command puts back those of
// other pods: they could otherwise come back after their pod has gone.
Result<FileLock> LockDepartures(const common::SystemPaths& paths, FileLock::Mode mode) {
  TRY(common::MakeDirectories(StateDirectory(paths)));
  return FileLock::Acquire(StateDirectory(paths) + "/departures.lock", mode);
}

// A port of every address and the same one of a single address cannot both be held.
Result<> CheckOverlaps(const std::vector<Port>& ports) {
  for (const Port& one : ports) {
    if (!one.host_ip.empty()) continue;
    for (const Port& other : ports) {
      // "[::]" and no address at all.
      if (&one != &other && other.host_ip.empty() && other.host_port == one.host_port && other.protocol == one.protocol)
        return MakeError(ErrorCode::kInvalid, "port {}/{} is published twice, on all addresses", one.host_port, one.protocol);
      if (!other.host_ip.empty() && other.host_port == one.host_port && other.protocol == one.protocol)
        return MakeError(ErrorCode::kInvalid,
                         "port {0}/{1} is published twice, on all addresses and on {2}: give each an address of its own",
                         one.host_port, one.protocol, other.host_ip);
    }
  }
  return {};
}

DefinitionStore::Host HostOf() {
  return {.subnets = []() -> Result<std::vector<IpSubnet>> {
            ASSIGN_OR_RETURN(RtnlSocket host, RtnlSocket::Open());
            return HostSubnets(host);
          },
          .describe_overlap = [](const IpSubnet& subnet) -> std::string {
            auto host = RtnlSocket::Open();
            const auto text = host ? DescribeOverlap(*host, subnet) : Result<std::string>(host.error());
            return text.value_or("the host");
          },
          .has_interface =
              [](const std::string& name) {
                auto host = RtnlSocket::Open();
                return host && HasLink(*host, name);
              }};
}

Result<UniqueFd> OpenNamespace(const common::SystemPaths& paths, int pid) {
  return common::Open(fmt::format("{}/{}/ns/net", paths.proc_root, pid), O_RDONLY);
}

// What the name of a pod is for messages; its id if there is no record.
std::string ShownName(const PodRecords& records, const std::string& pod_id) {
  const auto record = records.Load(pod_id);
  return record && *record ? (*record)->shown_name() : pod_id;
}

// A port that leads to an address which nobody holds is left from a killed command.
Firewall::Owners OwnersOf(const LeaseStore& leases, const PodRecords& records) {
  return {.stale = [&](const IpAddress& address) { return !leases.Holder(address); },
          .describe = [&](const IpAddress& address) {
            return "pod " + ShownName(records, leases.Holder(address).value_or(""));
          }};
}

// What other pods had on a bridge or in a table that had vanished.
struct Vanished {
  std::optional<std::string> bridge;
  bool table = false;
};

Result<> PutBack(const common::SystemPaths& paths, Attachment& attachment, const std::string& own_pod_id,
                 const Vanished& vanished, const Firewall::Owners& owners) {
  const PodRecords records = Records(paths);
  ASSIGN_OR_RETURN(const auto ids, records.ListIds());
  if (std::ranges::none_of(ids, [&](const std::string& id) { return id != own_pod_id; })) return {};
  ASSIGN_OR_RETURN(const FileLock lock, LockDepartures(paths, FileLock::Mode::kExclusive));
  ASSIGN_OR_RETURN(const auto all, records.List());
  for (const PodRecord& other : all) {
    if (other.pod_id == own_pod_id) continue;
    for (const Endpoint& theirs : other.endpoints) {
      // One that is just being wired itself has no link yet and does this later.
      if (!attachment.HasLink(theirs)) continue;
      if (vanished.bridge == theirs.network.interface) TRY(attachment.Rejoin(theirs));
      if (!vanished.table) continue;
      // Whoever removed the table may have removed this bridge too.
      TRY(attachment.EnsureBridge(theirs));
      TRY(attachment.Rejoin(theirs));
      TRY(attachment.Publish(theirs, PublicationOn(theirs, other), owners));
    }
  }
  return {};
}

// Everything of one endpoint in the kernel.
Result<> Connect(const common::SystemPaths& paths, Attachment& attachment, const LeaseStore& leases,
                 const PodRecord& record, const Endpoint& endpoint) {
  const PodRecords records = Records(paths);
  const Firewall::Owners owners = OwnersOf(leases, records);
  ASSIGN_OR_RETURN(const bool new_bridge, attachment.EnsureBridge(endpoint));
  ASSIGN_OR_RETURN(const bool new_table, attachment.Publish(endpoint, PublicationOn(endpoint, record), owners));
  if (!new_bridge && !new_table) return {};
  Vanished vanished{.bridge = std::nullopt, .table = new_table};
  if (new_bridge) vanished.bridge = endpoint.network.interface;
  return PutBack(paths, attachment, record.pod_id, vanished, owners);
}

// One of a pod's networks: kernel state, addresses and record.
Result<> TakeAway(const common::SystemPaths& paths, PodRecord& record, Endpoint& endpoint, int netns_fd) {
  const PodRecords records = Records(paths);
  LeaseStore leases = LeasesIn(paths);
  ASSIGN_OR_RETURN(Attachment attachment, Attachment::Open(paths.proc_root));
  ASSIGN_OR_RETURN(const FileLock lock, LockDepartures(paths, FileLock::Mode::kShared));
  const std::string network = endpoint.network.name;
  Publication before = PublicationOn(endpoint, record);
  std::vector<AddressMark> unmarked = std::move(before.marks);
  before.marks.clear();
  // Said first: whoever finds this command killed knows that the rest may be gone.
  endpoint.reserved = false;
  TRY(records.Store(record));
  TRY(attachment.Unpublish(before));
  TRY(attachment.UnwireInside(endpoint, netns_fd));
  std::erase_if(record.endpoints, [&](const Endpoint& e) { return e.network.name == network; });
  for (const AddressMark& mark : PublicationOf(record).marks) std::erase(unmarked, mark);
  // While the record still says that the pod is there: it is found again if this command is killed.
  TRY(attachment.Unmark(unmarked));
  TRY(leases.ReleaseAll(network, record.pod_id));
  TRY(records.Store(record));
  // The ports go on with the next networks, if there are any.
  for (const bool v6 : {false, true}) {
    const Endpoint* next = record.PublishingEndpoint(v6);
    const bool moves = (v6 ? before.targets.v6 : before.targets.v4).has_value();
    if (moves && next != nullptr) TRY(attachment.Publish(*next, PublicationOn(*next, record), OwnersOf(leases, records)));
  }
  return {};
}

Result<> CheckPublication(const PodRecord& record) {
  // A pod that has left all its networks keeps its ports for the next one.
  if (record.ports.empty() || record.endpoints.empty() || record.PublishingEndpoint() != nullptr) return {};
  return MakeError(ErrorCode::kUnsupported,
                   "port {} cannot be published: the pod is on no bridge network that leads outside",
                   Describe(record.ports.front()));
}

}  // namespace

Network::Network(const common::SystemPaths& paths) : paths_(paths) {}

Result<Definition> Network::Find(const std::string& name) {
  const DefinitionStore store = Definitions(paths_);
  if (name != kDefaultName) return store.Find(name);
  Definition wanted;
  wanted.name = kDefaultName;
  wanted.interface = kDefaultBridge;
  wanted.dns_enabled = true;
  return store.LoadOrCreate(wanted, HostOf());
}

Result<> Network::CheckRequest(const std::string& network, const EndpointRequest& request) {
  ASSIGN_OR_RETURN(const Definition definition, Find(network));
  TRY(StaticAddresses(definition, request));
  if (!request.static_mac.empty()) TRY(ParseMac(request.static_mac));
  if (!request.interface.empty()) TRY(CheckInterfaceName(request.interface));
  for (const std::string& alias : request.aliases) TRY(CheckAlias(alias));
  return {};
}

Result<std::vector<Definition>> Network::List() {
  TRY(Find(kDefaultName));
  return Definitions(paths_).List();
}

Result<Definition> Network::Create(Definition wanted) {
  if (wanted.name == kDefaultName) TRY(Find(kDefaultName));  // it exists, if only from now on
  if (wanted.interface == kDefaultBridge)
    return MakeError(ErrorCode::kExists, "bridge name {} already in use by network {}: choose another with --interface-name",
                     kDefaultBridge, kDefaultName);
  return Definitions(paths_).Create(std::move(wanted), HostOf());
}

Result<> Network::Remove(const std::string& name) {
  if (name == kDefaultName)
    return MakeError(ErrorCode::kInvalid, "default network {} cannot be removed", kDefaultName);
  LeaseStore leases = LeasesIn(paths_);
  if (leases.HasLeases(name)) return MakeError(ErrorCode::kBusy, "network {} is in use by a pod", name);
  TRY(RemoveUnused());
  TRY(Definitions(paths_).Remove(name));
  return leases.ForgetCursors(name);
}

Result<std::vector<Lease>> Network::Reserve(const Definition& network, const std::string& pod_id,
                                            const EndpointRequest& request) {
  const PodRecords records = Records(paths_);
  ASSIGN_OR_RETURN(PodRecord record, records.LoadOrNew(pod_id));
  Endpoint* endpoint = record.FindEndpoint(network.name);
  if (endpoint != nullptr && endpoint->reserved) return endpoint->leases;
  if (endpoint == nullptr) TRY(PlanEndpoint(record, network, request));
  // The intention first: whoever finds this command killed releases what the pod's id is on.
  TRY(records.Store(record));
  endpoint = record.FindEndpoint(network.name);
  LeaseStore leases = LeasesIn(paths_);
  ASSIGN_OR_RETURN(endpoint->leases,
                   TakeAddresses(leases, network, request, pod_id,
                                 [&](const std::string& holder) { return ShownName(records, holder); }));
  endpoint->mac = MacOf(network, request, endpoint->leases, pod_id);
  for (Lease& lease : endpoint->leases) {
    lease.mac = endpoint->mac;
    lease.interface = endpoint->interface;
  }
  endpoint->reserved = true;
  TRY(records.Store(record));
  return endpoint->leases;
}

Result<std::vector<HeldPort>> Network::HoldPorts(const std::string& pod_id, const std::string& pod_name,
                                                 const std::vector<Port>& ports, const std::vector<Port>& known) {
  const PodRecords records = Records(paths_);
  const std::vector<Port> wanted = Normalized(ports);
  const std::vector<Port> held = Normalized(known);
  const auto pod_holding = [&](const Port& port) -> std::string {
    const auto list = records.List();
    if (!list) return {};
    for (const PodRecord& record : *list) {
      const bool holds = std::ranges::any_of(record.ports, [&](const Port& p) { return SamePort(p, port); });
      if (record.pod_id != pod_id && holds) return record.shown_name();
    }
    return {};
  };
  TRY(CheckOverlaps(wanted));
  TryRaiseDescriptorLimit(2 * wanted.size());
  std::vector<HeldPort> sockets;
  for (const Port& port : wanted) {
    if (std::ranges::find(held, port) != held.end()) continue;
    ASSIGN_OR_RETURN(auto bound, BindHostPort(port, paths_.proc_root, pod_holding));
    for (HeldPort& socket : bound) sockets.push_back(std::move(socket));
  }
  ASSIGN_OR_RETURN(PodRecord record, records.LoadOrNew(pod_id));
  record.pod_name = pod_name;
  record.ports = wanted;
  TRY(CheckPublication(record));
  TRY(records.Store(record));
  return sockets;
}

struct Network::HostSide::State {
  FileLock lock;
  PodRecord record;
  Attachment attachment;
};

Network::HostSide::HostSide(std::unique_ptr<State> state) : state_(std::move(state)) {}
Network::HostSide::HostSide(HostSide&&) noexcept = default;
Network::HostSide& Network::HostSide::operator=(HostSide&&) noexcept = default;
Network::HostSide::~HostSide() = default;

Result<Network::HostSide> Network::PrepareHost(const std::string& pod_id) {
  ASSIGN_OR_RETURN(FileLock lock, LockKernelState(paths_, FileLock::Mode::kShared));
  const PodRecords records = Records(paths_);
  const LeaseStore leases = LeasesIn(paths_);
  ASSIGN_OR_RETURN(PodRecord record, records.LoadOrNew(pod_id));
  TRY(records.Store(record));
  ASSIGN_OR_RETURN(Attachment attachment, Attachment::Open(paths_.proc_root));
  for (const Endpoint& endpoint : record.endpoints) {
    auto connected = network::Connect(paths_, attachment, leases, record, endpoint);
    if (connected) continue;
    auto undone = attachment.Unpublish(PublicationOf(record));
    return undone ? std::move(connected).error() : std::move(connected).error().AlsoFailed(undone.error());
  }
  return HostSide(std::make_unique<HostSide::State>(HostSide::State{std::move(lock), std::move(record), std::move(attachment)}));
}

Result<> Network::AttachTo(HostSide& host, int netns_pid) {
  auto& [lock, record, attachment] = *host.state_;
  ASSIGN_OR_RETURN(const UniqueFd netns, OpenNamespace(paths_, netns_pid));
  const auto wire = [&]() -> Result<> {
    uint32_t position = 0;
    if (record.endpoints.empty()) TRY(BringUpLoopback(netns_pid));
    for (const Endpoint& endpoint : record.endpoints)
      TRY(attachment.Wire(endpoint, netns.get(), position++), "network {}", endpoint.network.name);
    return attachment.ForgetFlows(record.ports);
  };
  auto result = wire();
  if (result) return {};
  common::Error error = std::move(result).error();
  if (auto undone = attachment.Unpublish(PublicationOf(record)); !undone)
    error = std::move(error).AlsoFailed(undone.error());
  for (const Endpoint& endpoint : record.endpoints) {
    if (auto undone = attachment.Unwire(endpoint); !undone) error = std::move(error).AlsoFailed(undone.error());
  }
  return error;
}

Result<> Network::Attach(const std::string& pod_id, int netns_pid) {
  ASSIGN_OR_RETURN(HostSide host, PrepareHost(pod_id));
  return AttachTo(host, netns_pid);
}

Result<> Network::BringUpLoopback(int netns_pid) {
  ASSIGN_OR_RETURN(const UniqueFd netns, OpenNamespace(paths_, netns_pid));
  ASSIGN_OR_RETURN(RtnlSocket pod, RtnlSocket::OpenIn(netns.get()));
  return RaiseLoopback(pod);
}

Result<std::vector<Lease>> Network::Connect(const std::string& pod_id, int netns_pid, const Definition& network,
                                            const EndpointRequest& request) {
  const PodRecords records = Records(paths_);
  ASSIGN_OR_RETURN(const PodRecord before, records.LoadOrNew(pod_id));
  if (PodRecord copy = before; copy.FindEndpoint(network.name) != nullptr)
    return MakeError(ErrorCode::kExists, "pod {} is already connected to network {}", before.shown_name(),
                     network.name);
  auto leases = Reserve(network, pod_id, request);
  const auto wire = [&]() -> Result<> {
    TRY(leases);
    ASSIGN_OR_RETURN(const UniqueFd netns, OpenNamespace(paths_, netns_pid));
    ASSIGN_OR_RETURN(const FileLock lock, LockKernelState(paths_, FileLock::Mode::kShared));
    ASSIGN_OR_RETURN(const PodRecord record, records.LoadOrNew(pod_id));
    ASSIGN_OR_RETURN(Attachment attachment, Attachment::Open(paths_.proc_root));
    const LeaseStore store = LeasesIn(paths_);
    const Endpoint& endpoint = record.endpoints.back();
    TRY(network::Connect(paths_, attachment, store, record, endpoint));
    return attachment.Wire(endpoint, netns.get(), static_cast<uint32_t>(record.endpoints.size() - 1));
  };
  auto result = wire();
  if (result) return leases;
  auto undone = Disconnect(pod_id, netns_pid, network.name);
  if (!undone && undone.error().code() != ErrorCode::kNotFound)
    return std::move(result).error().AlsoFailed(undone.error());
  return std::move(result).error();
}

Result<> Network::Disconnect(const std::string& pod_id, int netns_pid, const std::string& network) {
  const PodRecords records = Records(paths_);
  ASSIGN_OR_RETURN(PodRecord record, records.LoadOrNew(pod_id));
  Endpoint* found = record.FindEndpoint(network);
  if (found == nullptr)
    return MakeError(ErrorCode::kNotFound, "pod {} is not connected to network {}", record.shown_name(), network);
  ASSIGN_OR_RETURN(const UniqueFd netns, OpenNamespace(paths_, netns_pid));
  TRY(TakeAway(paths_, record, *found, netns.get()));
  return RemoveUnused();
}

Result<std::vector<Lease>> Network::Leases(const std::string& pod_id) {
  ASSIGN_OR_RETURN(const auto record, Records(paths_).Load(pod_id));
  std::vector<Lease> leases;
  if (!record) return leases;
  for (const Endpoint& endpoint : record->endpoints)
    leases.insert(leases.end(), endpoint.leases.begin(), endpoint.leases.end());
  return leases;
}

Result<> Network::Publish(const std::string& pod_id, const std::vector<Port>& ports) {
  const PodRecords records = Records(paths_);
  ASSIGN_OR_RETURN(const PodRecord record, records.LoadOrNew(pod_id));
  const Endpoint* endpoint = record.PublishingEndpoint();
  if (endpoint == nullptr) return CheckPublication(record);
  Publication publication = PublicationOf(record);
  publication.ports = Normalized(ports);
  ASSIGN_OR_RETURN(const FileLock lock, LockKernelState(paths_, FileLock::Mode::kShared));
  ASSIGN_OR_RETURN(Attachment attachment, Attachment::Open(paths_.proc_root));
  const LeaseStore leases = LeasesIn(paths_);
  TRY(attachment.Publish(*endpoint, publication, OwnersOf(leases, records)));
  return attachment.ForgetFlows(publication.ports);
}

Result<> Network::Unpublish(const std::string& pod_id, const std::vector<Port>& ports) {
  const PodRecords records = Records(paths_);
  ASSIGN_OR_RETURN(PodRecord record, records.LoadOrNew(pod_id));
  const std::vector<Port> leaving = Normalized(ports);
  Publication publication = PublicationOf(record);
  publication.ports = leaving;
  publication.marks.clear();  // the pod stays where it is
  ASSIGN_OR_RETURN(Attachment attachment, Attachment::Open(paths_.proc_root));
  ASSIGN_OR_RETURN(const FileLock departures, LockDepartures(paths_, FileLock::Mode::kShared));
  TRY(attachment.Unpublish(publication));
  std::erase_if(record.ports, [&](const Port& port) { return std::ranges::find(leaving, port) != leaving.end(); });
  return records.Store(record);
}

Result<std::vector<Network::Membership>> Network::Networks(const std::string& pod_id) {
  ASSIGN_OR_RETURN(const auto record, Records(paths_).Load(pod_id));
  std::vector<Membership> memberships;
  if (!record) return memberships;
  for (const Endpoint& endpoint : record->endpoints) memberships.push_back({endpoint.network.name, endpoint.reserved});
  return memberships;
}

Result<std::vector<Port>> Network::Ports(const std::string& pod_id) {
  ASSIGN_OR_RETURN(const auto record, Records(paths_).Load(pod_id));
  return record ? record->ports : std::vector<Port>();
}

std::vector<Port> Network::Normalized(std::vector<Port> ports) {
  for (Port& port : ports) {
    const auto address = IpAddress::Parse(port.host_ip);
    if (!address) continue;
    port.host_ip = address->IsUnspecified() ? std::string() : address->ToString();
  }
  return ports;
}

Result<std::vector<std::string>> Network::PortAddresses(const std::string& pod_id) {
  ASSIGN_OR_RETURN(const auto record, Records(paths_).Load(pod_id));
  std::vector<std::string> addresses;
  if (!record) return addresses;
  const Publication publication = PublicationOf(*record);
  for (const auto& target : {publication.targets.v4, publication.targets.v6}) {
    if (target) addresses.push_back(target->ToString());
  }
  return addresses;
}

Result<std::set<std::string>> Network::FindDamaged(const std::map<std::string, std::vector<Lease>>& pods) {
  std::map<std::string, Definition> definitions;
  std::map<std::string, std::vector<Definition>> networks;
  for (const auto& [id, leases] : pods) {
    for (const Lease& lease : leases) {
      if (!definitions.contains(lease.network)) {
        ASSIGN_OR_RETURN(definitions[lease.network], Find(lease.network));
      }
      networks[id].push_back(definitions[lease.network]);
    }
  }
  return network::FindDamaged(networks);
}

Result<> Network::Reload(const std::string& pod_id, int netns_pid) {
  const PodRecords records = Records(paths_);
  ASSIGN_OR_RETURN(const auto record, records.Load(pod_id));
  if (!record) return {};
  ASSIGN_OR_RETURN(const FileLock lock, LockKernelState(paths_, FileLock::Mode::kShared));
  ASSIGN_OR_RETURN(Attachment attachment, Attachment::Open(paths_.proc_root));
  const LeaseStore leases = LeasesIn(paths_);
  uint32_t position = 0;
  for (const Endpoint& endpoint : record->endpoints) {
    const uint32_t own_position = position++;
    TRY(network::Connect(paths_, attachment, leases, *record, endpoint));
    if (!endpoint.network.is_bridge()) continue;
    if (attachment.HasLink(endpoint)) {
      TRY(attachment.Rejoin(endpoint));
      continue;
    }
    ASSIGN_OR_RETURN(const UniqueFd netns, OpenNamespace(paths_, netns_pid));
    TRY(attachment.Wire(endpoint, netns.get(), own_position), "network {}", endpoint.network.name);
  }
  return {};
}

Result<bool> Network::Release(const std::string& pod_id) {
  const PodRecords records = Records(paths_);
  ASSIGN_OR_RETURN(const auto record, records.Load(pod_id));
  LeaseStore leases = LeasesIn(paths_);
  if (!record) {
    // A command killed between the two steps has left networks without leases.
    ASSIGN_OR_RETURN(const auto networks, leases.Networks());
    return std::any_of(networks.begin(), networks.end(), [&](const std::string& name) { return !leases.HasLeases(name); });
  }
  ASSIGN_OR_RETURN(Attachment attachment, Attachment::Open(paths_.proc_root));
  Result<> first_error;
  const auto keep = [&](Result<> result) {
    if (!result && first_error) first_error = std::move(result);
  };
  bool unused = false;
  ASSIGN_OR_RETURN(const FileLock departures, LockDepartures(paths_, FileLock::Mode::kShared));
  keep(attachment.Unpublish(PublicationOf(*record)));
  for (const Endpoint& endpoint : record->endpoints) {
    keep(attachment.Unwire(endpoint));
    keep(leases.ReleaseAll(endpoint.network.name, pod_id));
    unused = unused || !leases.HasLeases(endpoint.network.name);
  }
  // With an error the record stays, so that the next sweep tries again.
  if (first_error) keep(records.Remove(pod_id));
  TRY(first_error);
  return unused;
}

Result<> Network::RemoveUnused() {
  LeaseStore leases = LeasesIn(paths_);
  ASSIGN_OR_RETURN(const auto networks, leases.Networks());
  Result<> first_error;
  for (const std::string& name : networks) {
    // A lease is a pod's claim to bridge and table: while others have one, there is nothing to lock.
    if (leases.HasLeases(name)) continue;
    ASSIGN_OR_RETURN(const FileLock lock, LockKernelState(paths_, FileLock::Mode::kExclusive));
    // Whoever takes a lease from now on finds out about bridge and table after this lock.
    if (leases.HasLeases(name)) continue;
    ASSIGN_OR_RETURN(const auto all, leases.Networks());
    // Meanwhile another command has done it, and may have removed the definition since.
    if (std::ranges::find(all, name) == all.end()) continue;
    const bool none_left = std::ranges::none_of(all, [&](const auto& other) { return leases.HasLeases(other); });
    ASSIGN_OR_RETURN(Attachment attachment, Attachment::Open(paths_.proc_root));
    const auto network = Definitions(paths_).Load(name);
    auto removed = network ? attachment.RemoveBridge(*network, none_left) : Result<>(network.error());
    if (!removed && first_error) first_error = std::move(removed);
    // The directory goes last: it tells the next command about what this one, if killed, leaves.
    TRY(leases.RemoveIfEmpty(name));
  }
  TRY(leases.RemoveIfEmpty());
  return first_error;
}

Result<> Network::Detach(const std::string& pod_id) {
  const auto unused = Release(pod_id);
  if (unused && !*unused) return {};
  auto removed = RemoveUnused();
  if (unused) return removed;
  return removed ? Result<>(unused.error()) : Result<>(common::Error(unused.error()).AlsoFailed(removed.error()));
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
  for (Result<> tidied : {records.RemoveUnfinished(), RemoveUnused()}) {
    if (!tidied && first_error) first_error = std::move(tidied);
  }
  return first_error;
}

Result<std::vector<std::string>> Network::HostAddresses(OwnBridges own) {
  ASSIGN_OR_RETURN(RtnlSocket host, RtnlSocket::Open());
  ASSIGN_OR_RETURN(auto addresses, DefaultRouteAddresses(host));
  if (!addresses.empty()) return addresses;
  ASSIGN_OR_RETURN(const auto networks, List());
  std::vector<std::string> bridges;
  for (const Definition& network : networks)
    if (network.is_bridge()) bridges.push_back(network.interface);
  ASSIGN_OR_RETURN(addresses, InterfaceAddresses(host, bridges, own == OwnBridges::kLast));
  if (addresses.empty()) addresses.emplace_back("127.0.0.1");
  return addresses;
}

}  // namespace skiff::network
