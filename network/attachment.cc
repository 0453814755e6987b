#include "network/attachment.h"

#include <cerrno>

#include "common/file.h"
#include "network/conntrack.h"
#include "network/foreign_firewall.h"
#include "network/links.h"

namespace skiff::network {

using common::Result;

namespace {

// The interface inside that carries the default route.
constexpr char kFirstInterface[] = "eth0";

}  // namespace

Attachment::Attachment(RtnlSocket host, Firewall firewall, std::string proc_root)
    : host_(std::move(host)), firewall_(std::move(firewall)), proc_root_(std::move(proc_root)) {}

Result<Attachment> Attachment::Open(const std::string& proc_root) {
  ASSIGN_OR_RETURN(RtnlSocket host, RtnlSocket::Open());
  ASSIGN_OR_RETURN(Firewall firewall, Firewall::Open());
  return Attachment(std::move(host), std::move(firewall), proc_root);
}

Result<> Attachment::SetSysctl(const std::string& name, const std::string& value) {
  const std::string path = fmt::format("{}/sys/net/{}", proc_root_, name);
  // Often it is so already, and /proc/sys may be read-only for us.
  const auto current = common::ReadFile(path);
  if (current && *current == value + "\n") return {};
  return common::WriteFile(path, value);
}

Result<> Attachment::EnableForwarding(const std::string& bridge) {
  TRY(SetSysctl("ipv4/ip_forward", "1"));
  // Only now that the table with its guard chain is there: it keeps the pods from the host's own 127.0.0.1.
  return SetSysctl(fmt::format("ipv4/conf/{}/route_localnet", bridge), "1");
}

Result<> Attachment::Wire(const Endpoint& endpoint, int netns_fd, const std::vector<Port>& ports,
                          const Firewall::Owners& owners) {
  ASSIGN_OR_RETURN(const Ipv4Subnet subnet, Ipv4Subnet::Parse(endpoint.subnet));
  ASSIGN_OR_RETURN(const Ipv4Address address, Ipv4Address::Parse(endpoint.lease.address));
  ASSIGN_OR_RETURN(const Ipv4Address gateway, Ipv4Address::Parse(endpoint.lease.gateway));

  TRY(EnsureBridge(host_, endpoint.bridge, gateway, subnet.prefix_length, proc_root_));
  TRY(firewall_.Publish(endpoint.bridge, subnet, address, ports, owners));
  TRY(EnableForwarding(endpoint.bridge));
  TRY(AdmitBridge(firewall_.socket(), endpoint.bridge));

  const VethPair pair{endpoint.link, endpoint.bridge, netns_fd, endpoint.interface, endpoint.lease.mac};
  auto created = CreateVeth(host_, pair);
  if (!created && created.error().errno_value() == EEXIST) {
    // Left by a killed attempt, in a namespace that is gone or about to go.
    TRY(DeleteLink(host_, endpoint.link));
    created = CreateVeth(host_, pair);
  }
  TRY(created);

  ASSIGN_OR_RETURN(RtnlSocket pod, RtnlSocket::OpenIn(netns_fd));
  TRY(RaiseLoopback(pod));
  const bool first = endpoint.interface == kFirstInterface;
  TRY(ConfigureInterface(pod, endpoint.interface, address, endpoint.lease.prefix_length,
                         first ? std::optional(gateway) : std::nullopt));
  TRY(TryAwaitForwarding(host_, endpoint.bridge, endpoint.link));
  for (const Port& port : ports) {
    if (port.protocol == "udp") TRY(ForgetUdpFlowsToPort(firewall_.socket(), port.host_port));
  }
  return {};
}

Result<> Attachment::Unwire(const Endpoint& endpoint, const std::vector<Port>& ports) {
  ASSIGN_OR_RETURN(const Ipv4Address address, Ipv4Address::Parse(endpoint.lease.address));
  Result<> unpublished = firewall_.Unpublish(address, ports);
  Result<> deleted = DeleteLink(host_, endpoint.link);
  Result<> forgotten;
  for (const Port& port : ports) {
    if (port.protocol != "udp") continue;
    forgotten = ForgetUdpFlowsTo(firewall_.socket(), address);
    break;
  }
  if (!unpublished) return unpublished;
  if (!deleted) return deleted;
  return forgotten;
}

Result<> Attachment::RemoveBridge(const Endpoint& endpoint) {
  ASSIGN_OR_RETURN(const Ipv4Subnet subnet, Ipv4Subnet::Parse(endpoint.subnet));
  TRY(RetractBridge(firewall_.socket(), endpoint.bridge));
  TRY(DeleteLink(host_, endpoint.bridge));
  return firewall_.RemoveBridge(endpoint.bridge, subnet);
}

}  // namespace skiff::network
