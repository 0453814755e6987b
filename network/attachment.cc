#include "network/attachment.h"

#include <algorithm>
#include <cerrno>
#include <set>

#include "network/conntrack.h"
#include "network/foreign_firewall.h"
#include "network/home_namespace.h"
#include "network/host_routes.h"
#include "network/links.h"
#include "network/netns.h"

namespace skiff::network {

using common::Result;

namespace {

constexpr uint32_t kDefaultMetric = 100;  // netavark's

Result<std::vector<InterfaceAddress>> AddressesOf(const Endpoint& endpoint) {
  std::vector<InterfaceAddress> addresses;
  for (const Lease& lease : endpoint.leases) {
    ASSIGN_OR_RETURN(const IpAddress address, IpAddress::Parse(lease.address));
    addresses.push_back({address, lease.prefix_length});
  }
  return addresses;
}

Result<BridgeLink> BridgeOf(const Endpoint& endpoint) {
  BridgeLink bridge{.name = endpoint.network.interface, .addresses = {}, .mtu = endpoint.network.mtu(),
                    .vlan = endpoint.network.vlan()};
  for (const Subnet& subnet : endpoint.network.subnets) {
    if (subnet.gateway.empty()) continue;
    ASSIGN_OR_RETURN(const IpSubnet parsed, IpSubnet::Parse(subnet.subnet));
    ASSIGN_OR_RETURN(const IpAddress gateway, IpAddress::Parse(subnet.gateway));
    bridge.addresses.push_back({gateway, parsed.prefix_length});
  }
  return bridge;
}

Result<BridgeRules> RulesOf(const Definition& network) {
  BridgeRules rules{.bridge = network.interface, .subnets = {}, .internal = network.internal,
                    .isolated = network.isolated(), .strict = network.strictly_isolated()};
  for (const Subnet& subnet : network.subnets) {
    ASSIGN_OR_RETURN(const IpSubnet parsed, IpSubnet::Parse(subnet.subnet));
    rules.subnets.push_back(parsed);
  }
  return rules;
}

Result<std::vector<Route>> RoutesOf(const Endpoint& endpoint, uint32_t position) {
  const Definition& network = endpoint.network;
  // With equal metrics IPv6 would spread packets over several networks.
  const uint32_t metric = network.metric().value_or(kDefaultMetric + position);
  std::vector<Route> routes;
  for (const Lease& lease : endpoint.leases) {
    if (lease.gateway.empty() || network.internal || network.no_default_route()) continue;
    ASSIGN_OR_RETURN(const IpAddress gateway, IpAddress::Parse(lease.gateway));
    routes.push_back({std::nullopt, gateway, metric});
  }
  for (const StaticRoute& wanted : network.routes) {
    ASSIGN_OR_RETURN(const IpSubnet destination, IpSubnet::Parse(wanted.destination));
    ASSIGN_OR_RETURN(const IpAddress gateway, IpAddress::Parse(wanted.gateway));
    routes.push_back({destination, gateway, wanted.metric.value_or(metric)});
  }
  return routes;
}

// Whether what a pod sends to other networks goes out by this endpoint, to the host.
bool LeadsToHost(const Endpoint& endpoint) {
  const Definition& network = endpoint.network;
  const bool gateways = std::ranges::none_of(endpoint.leases, [](const Lease& lease) { return lease.gateway.empty(); });
  return gateways && !network.internal && !network.no_default_route() && network.routes.empty();
}

std::vector<AddressMark> MarksOf(const PodRecord& record) {
  std::vector<AddressMark> marks;
  for (const Endpoint& endpoint : record.endpoints) {
    if (!endpoint.network.is_bridge()) continue;
    const bool masked = record.endpoints.size() > 1 || !LeadsToHost(endpoint);
    for (const Lease& lease : endpoint.leases) {
      const auto address = IpAddress::Parse(lease.address);
      if (!address) continue;
      marks.push_back({*address, AddressMark::Kind::kOwn});
      if (masked) marks.push_back({*address, AddressMark::Kind::kMasked});
    }
  }
  return marks;
}

}  // namespace

Publication PublicationOf(const PodRecord& record) {
  Publication publication{.targets = {}, .ports = {}, .marks = MarksOf(record)};
  publication.ports = record.ports;
  for (const bool v6 : {false, true}) {
    const Endpoint* endpoint = record.PublishingEndpoint(v6);
    if (endpoint == nullptr) continue;
    for (const Lease& lease : endpoint->leases) {
      const auto address = IpAddress::Parse(lease.address);
      auto& target = v6 ? publication.targets.v6 : publication.targets.v4;
      if (address && address->v6 == v6 && !target) target = *address;
    }
  }
  return publication;
}

Publication PublicationOn(const Endpoint& endpoint, const PodRecord& record) {
  Publication publication = PublicationOf(record);
  for (const bool v6 : {false, true}) {
    const Endpoint* publishing = record.PublishingEndpoint(v6);
    if (publishing == nullptr || publishing->network.name != endpoint.network.name)
      (v6 ? publication.targets.v6 : publication.targets.v4).reset();
  }
  return publication;
}

Attachment::Attachment(RtnlSocket host, Firewall firewall, std::string proc_root)
    : host_(std::move(host)), firewall_(std::move(firewall)), proc_root_(proc_root), sysctls_(proc_root) {}

Result<Attachment> Attachment::Open(const std::string& proc_root) {
  ASSIGN_OR_RETURN(RtnlSocket host, RtnlSocket::Open());
  ASSIGN_OR_RETURN(Firewall firewall, Firewall::Open());
  return Attachment(std::move(host), std::move(firewall), proc_root);
}

// The host may have got a route since the network was made. Wider ones are no harm: they yield to the bridge's.
Result<> Attachment::CheckHostRoutes(const Definition& network) {
  for (const Subnet& subnet : network.subnets) {
    ASSIGN_OR_RETURN(const IpSubnet parsed, IpSubnet::Parse(subnet.subnet));
    ASSIGN_OR_RETURN(const auto route, FindRouteInside(host_, parsed, network.interface));
    if (route)
      return common::MakeError(common::ErrorCode::kBusy,
                               "network {}: the host has a route to {}, inside of the network's subnet {}: remove that route, "
                               "or make the network anew with another subnet",
                               network.name, *route, subnet.subnet);
  }
  return {};
}

Result<bool> Attachment::EnsureBridge(const Endpoint& endpoint) {
  if (!endpoint.network.is_bridge()) return false;
  ASSIGN_OR_RETURN(const BridgeLink bridge, BridgeOf(endpoint));
  if (!network::HasLink(host_, bridge.name)) TRY(CheckHostRoutes(endpoint.network));
  bool made = false;
  TRY(InHomeNamespace([&]() -> Result<> {
    ASSIGN_OR_RETURN(made, network::EnsureBridge(host_, bridge, endpoint.has_ipv6() && sysctls_.HasIpv6(), sysctls_));
    return {};
  }));
  return made;
}

Result<bool> Attachment::Publish(const Endpoint& endpoint, const Publication& publication,
                                 const Firewall::Owners& owners) {
  if (!endpoint.network.is_bridge()) return false;
  ASSIGN_OR_RETURN(const BridgeRules rules, RulesOf(endpoint.network));
  ASSIGN_OR_RETURN(const bool made, firewall_.Publish(rules, publication.marks, publication.targets, publication.ports, owners));
  if (endpoint.network.internal) return made;
  TRY(InHomeNamespace([&]() -> Result<> {
    TRY(sysctls_.EnableForwarding(endpoint.has_ipv6()));
    // Only now that the table with its guard chain is there: it keeps the pods from the host's own 127.0.0.1.
    return sysctls_.EnableLocalRouting(endpoint.network.interface);
  }));
  TRY(AdmitBridge(firewall_.socket(), endpoint.network.interface, endpoint.has_ipv6()));
  return made;
}

Result<> Attachment::CreateLink(const Endpoint& endpoint, int netns_fd) {
  const Definition& network = endpoint.network;
  if (!network.is_bridge()) {
    SubLink link{.driver = network.driver, .parent = network.interface, .mode = network.mode(),
                 .netns_fd = netns_fd, .pod_name = endpoint.interface, .pod_mac = endpoint.mac,
                 .mtu = network.mtu()};
    if (link.parent.empty()) {
      ASSIGN_OR_RETURN(link.parent, DefaultRouteInterface(host_), "network {}", network.name);
    }
    return CreateSubLink(host_, link);
  }
  const VethPair pair{.host_name = endpoint.link, .bridge = network.interface, .netns_fd = netns_fd,
                      .pod_name = endpoint.interface, .pod_mac = endpoint.mac, .mtu = network.mtu()};
  auto created = CreateVeth(host_, pair);
  if (!created && created.error().errno_value() == EEXIST) {
    // Left by a killed attempt, in a namespace that is gone or about to go.
    TRY(DeleteLink(host_, endpoint.link));
    created = CreateVeth(host_, pair);
  }
  return created;
}

Result<> Attachment::Configure(const Endpoint& endpoint, int netns_fd, uint32_t position) {
  // Neighbours on a bridge find the same address at the same link address again, others may know it elsewhere.
  const bool announce = endpoint.own_mac || !endpoint.network.is_bridge();
  if (endpoint.has_ipv6() || announce) {
    TRY(InNetworkNamespace(netns_fd, [&]() -> Result<> {
      if (endpoint.has_ipv6()) TRY(sysctls_.FixIpv6(endpoint.interface));
      return announce ? sysctls_.AnnounceAddresses(endpoint.interface) : Result<>();
    }));
  }
  ASSIGN_OR_RETURN(RtnlSocket pod, RtnlSocket::OpenIn(netns_fd));
  TRY(RaiseLoopback(pod));
  ASSIGN_OR_RETURN(const auto addresses, AddressesOf(endpoint));
  TRY(ConfigureInterface(pod, endpoint.interface, addresses));
  ASSIGN_OR_RETURN(const auto routes, RoutesOf(endpoint, position));
  for (const Route& route : routes) TRY(AddRoute(pod, endpoint.interface, route));
  return {};
}

Result<> Attachment::Wire(const Endpoint& endpoint, int netns_fd, uint32_t position) {
  TRY(CreateLink(endpoint, netns_fd));
  TRY(Configure(endpoint, netns_fd, position));
  if (!endpoint.network.is_bridge()) return {};
  return TryAwaitForwarding(host_, endpoint.network.interface, endpoint.link);
}

Result<> Attachment::Rejoin(const Endpoint& endpoint) {
  if (!endpoint.network.is_bridge() || !HasLink(endpoint)) return {};
  auto joined = JoinBridge(host_, endpoint.link, endpoint.network.interface);
  // A link goes whenever its pod's namespace does.
  return joined || HasLink(endpoint) ? joined : Result<>();
}

bool Attachment::HasLink(const Endpoint& endpoint) { return network::HasLink(host_, endpoint.link); }

Result<> Attachment::ForgetFlows(const std::vector<Port>& ports) {
  std::set<uint16_t> udp;
  for (const Port& port : ports) {
    if (port.protocol == "udp") udp.insert(port.host_port);
  }
  return ForgetUdpFlowsToPorts(firewall_.socket(), udp);
}

Result<> Attachment::Unmark(const std::vector<AddressMark>& marks) { return firewall_.Unmark(marks); }

Result<> Attachment::Unpublish(const Publication& publication) {
  TRY(Unmark(publication.marks));
  TRY(firewall_.Unpublish(publication.targets, publication.ports));
  const bool udp = std::ranges::any_of(publication.ports, [](const Port& port) { return port.protocol == "udp"; });
  if (!udp) return {};
  for (const auto& target : {publication.targets.v4, publication.targets.v6}) {
    if (target) TRY(ForgetUdpFlowsTo(firewall_.socket(), *target));
  }
  return {};
}

Result<> Attachment::Unwire(const Endpoint& endpoint) {
  if (!endpoint.network.is_bridge()) return {};  // goes with the pod's namespace
  return DeleteLink(host_, endpoint.link);
}

Result<> Attachment::UnwireInside(const Endpoint& endpoint, int netns_fd) {
  if (endpoint.network.is_bridge()) return Unwire(endpoint);
  ASSIGN_OR_RETURN(RtnlSocket pod, RtnlSocket::OpenIn(netns_fd));
  return DeleteLink(pod, endpoint.interface);
}

Result<> Attachment::RemoveBridge(const Definition& network, bool with_table) {
  if (network.is_bridge()) {
    ASSIGN_OR_RETURN(const BridgeRules rules, RulesOf(network));
    TRY(RetractBridge(firewall_.socket(), network.interface));
    TRY(DeleteBridge(host_, network.interface));
    if (!with_table) return firewall_.RemoveBridge(rules);
  }
  return with_table ? firewall_.RemoveTable() : Result<>();
}

}  // namespace skiff::network
