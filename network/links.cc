#include "network/links.h"

#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <unistd.h>

#include <cstdio>

namespace skiff::network {

using common::ErrorCode;
using common::MakeError;
using common::Result;

namespace {

constexpr int kCreate = NLM_F_CREATE | NLM_F_EXCL;
constexpr char kMacvlan[] = "macvlan";
constexpr int kForwardingAttempts = 500;
constexpr useconds_t kForwardingPauseUs = 1000;

RtnlMessage LinkRequest(int type, int flags, const std::string& name, unsigned state = 0) {
  ifinfomsg header{};
  header.ifi_flags = state;
  header.ifi_change = state;
  RtnlMessage message(type, flags);
  message.Append(header).PutString(IFLA_IFNAME, name);
  return message;
}

Result<> BringUp(RtnlSocket& socket, const std::string& name) {
  return socket.Transact(LinkRequest(RTM_NEWLINK, 0, name, IFF_UP), fmt::format("bring up link {}", name));
}

// An address that is there already is fine.
Result<> AddAddress(RtnlSocket& socket, int index, const std::string& name, const InterfaceAddress& wanted) {
  const IpAddress& address = wanted.address;
  ifaddrmsg header{};
  header.ifa_family = static_cast<uint8_t>(address.family());
  header.ifa_prefixlen = static_cast<uint8_t>(wanted.prefix_length);
  header.ifa_index = static_cast<unsigned>(index);
  // A bridge port with hairpin sends the question whether anybody has the address back to its asker.
  if (address.v6) header.ifa_flags = IFA_F_NODAD;
  RtnlMessage message(RTM_NEWADDR, kCreate);
  message.Append(header).Put(IFA_LOCAL, address.data(), address.size());
  message.Put(IFA_ADDRESS, address.data(), address.size());
  if (!address.v6) {
    const IpAddress broadcast = IpSubnet::Of(address, wanted.prefix_length).last();
    message.Put(IFA_BROADCAST, broadcast.data(), broadcast.size());
  }
  auto result = socket.Transact(std::move(message), fmt::format("add address {}/{} to {}", address.ToString(),
                                                                wanted.prefix_length, name));
  if (!result && result.error().errno_value() == EEXIST) return {};
  return result;
}

// The bridge's own address of the link layer, fixed: an unset one would change with every port that comes or
// goes, and the pods' neighbour entries for the gateway would be wrong until they age out. It also tells our bridges from
// those of others.
constexpr std::string_view kBridgeMacPrefix = "\x02\x53";

std::string BridgeMac(const BridgeLink& bridge) {
  std::string mac(kBridgeMacPrefix);
  if (bridge.addresses.empty()) {
    const auto hash = static_cast<uint32_t>(std::hash<std::string>()(bridge.name));
    return mac.append(reinterpret_cast<const char*>(&hash), sizeof hash);
  }
  const IpAddress& gateway = bridge.addresses.front().address;
  return mac.append(reinterpret_cast<const char*>(gateway.data()) + gateway.size() - 4, 4);
}

bool IsOurBridge(nlmsghdr* header) {
  nlattr* address = nlmsg_find_attr(header, sizeof(ifinfomsg), IFLA_ADDRESS);
  nlattr* info = nlmsg_find_attr(header, sizeof(ifinfomsg), IFLA_LINKINFO);
  nlattr* kind = info != nullptr ? nla_find(static_cast<nlattr*>(nla_data(info)), nla_len(info), IFLA_INFO_KIND) : nullptr;
  if (address == nullptr || kind == nullptr) return false;
  const std::string_view mac(static_cast<const char*>(nla_data(address)), static_cast<size_t>(nla_len(address)));
  return mac.starts_with(kBridgeMacPrefix) && std::string_view(nla_get_string(kind)) == "bridge";
}

LinkState StateOf(nlmsghdr* header) {
  const auto* description = static_cast<const ifinfomsg*>(nlmsg_data(header));
  nlattr* name = nlmsg_find_attr(header, sizeof(ifinfomsg), IFLA_IFNAME);
  nlattr* master = nlmsg_find_attr(header, sizeof(ifinfomsg), IFLA_MASTER);
  return {.name = name != nullptr ? nla_get_string(name) : "",
          .index = description->ifi_index,
          .master = master != nullptr ? static_cast<int>(nla_get_u32(master)) : 0,
          .up = (description->ifi_flags & IFF_UP) != 0,
          .our_bridge = IsOurBridge(header)};
}

// ENODEV if there is no link of that name.
Result<LinkState> FindLink(RtnlSocket& host, const std::string& name) {
  LinkState link;
  TRY(host.Query(LinkRequest(RTM_GETLINK, 0, name), fmt::format("look up link {}", name),
                 [&](nlmsghdr* header) { link = StateOf(header); }));
  return link;
}

// A link of that name that is there already is fine: false.
Result<bool> CreateBridge(RtnlSocket& host, const BridgeLink& bridge) {
  RtnlMessage message = LinkRequest(RTM_NEWLINK, kCreate, bridge.name);
  const std::string mac = BridgeMac(bridge);
  message.Put(IFLA_ADDRESS, mac.data(), mac.size());
  message.Nest(IFLA_LINKINFO, [&](RtnlMessage& info) {
    info.PutString(IFLA_INFO_KIND, "bridge");
    if (!bridge.vlan || *bridge.vlan == 0) return;
    // What every port and the host's own end are in.
    const auto vlan = static_cast<uint16_t>(*bridge.vlan);
    info.Nest(IFLA_INFO_DATA, [&](RtnlMessage& data) {
      data.Put(IFLA_BR_VLAN_DEFAULT_PVID, &vlan, sizeof vlan).PutU8(IFLA_BR_VLAN_FILTERING, 1);
    });
  });
  auto result = host.Transact(std::move(message), fmt::format("create bridge {}", bridge.name));
  if (!result && result.error().errno_value() == EEXIST) return false;
  if (!result && result.error().errno_value() == EOPNOTSUPP && bridge.vlan)
    return MakeError(ErrorCode::kUnsupported,
                     "create bridge {}: this kernel has no VLANs on bridges (CONFIG_BRIDGE_VLAN_FILTERING): make the "
                     "network without the option vlan",
                     bridge.name);
  TRY(result);
  return true;
}

// IFLA_BRPORT_STATE of a link's description, -1 without one.
int PortState(nlmsghdr* header) {
  nlattr* info = nlmsg_find_attr(header, sizeof(ifinfomsg), IFLA_LINKINFO);
  nlattr* port = info != nullptr
                     ? nla_find(static_cast<nlattr*>(nla_data(info)), nla_len(info), IFLA_INFO_SLAVE_DATA)
                     : nullptr;
  nlattr* state = port != nullptr
                      ? nla_find(static_cast<nlattr*>(nla_data(port)), nla_len(port), IFLA_BRPORT_STATE)
                      : nullptr;
  return state != nullptr ? nla_get_u8(state) : -1;
}

// RFC 2863's, -1 unless the description has it.
int OperationalState(nlmsghdr* header) {
  nlattr* state = nlmsg_find_attr(header, sizeof(ifinfomsg), IFLA_OPERSTATE);
  return state != nullptr ? nla_get_u8(state) : -1;
}

// Without it a pod cannot reach itself through its own published port while br_netfilter is on.
Result<> SetHairpin(RtnlSocket& host, const std::string& name) {
  RtnlMessage port = LinkRequest(RTM_NEWLINK, 0, name);
  port.Nest(IFLA_LINKINFO, [](RtnlMessage& info) {
    info.PutString(IFLA_INFO_SLAVE_KIND, "bridge").Nest(IFLA_INFO_SLAVE_DATA, [](RtnlMessage& data) {
      data.PutU8(IFLA_BRPORT_MODE, 1);
    });
  });
  return host.Transact(std::move(port), fmt::format("set hairpin on {}", name));
}

uint32_t MacvlanMode(const std::string& name) {
  if (name == "private") return MACVLAN_MODE_PRIVATE;
  if (name == "vepa") return MACVLAN_MODE_VEPA;
  if (name == "passthru") return MACVLAN_MODE_PASSTHRU;
  return MACVLAN_MODE_BRIDGE;
}

}  // namespace

Result<std::vector<LinkState>> ListLinks(RtnlSocket& host) {
  RtnlMessage message(RTM_GETLINK, NLM_F_DUMP);
  // Half of a link's description is its counters.
  message.Append(ifinfomsg{}).PutU32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
  std::vector<LinkState> links;
  TRY(host.Query(std::move(message), "list the host's links", [&](nlmsghdr* header) { links.push_back(StateOf(header)); }));
  return links;
}

Result<int> LinkIndex(RtnlSocket& socket, const std::string& name) {
  ASSIGN_OR_RETURN(const LinkState link, FindLink(socket, name));
  return link.index;
}

bool HasLink(RtnlSocket& socket, const std::string& name) { return LinkIndex(socket, name).has_value(); }

Result<bool> EnsureBridge(RtnlSocket& host, const BridgeLink& bridge, bool v6, const Sysctls& sysctls) {
  auto link = FindLink(host, bridge.name);
  bool created = false;
  if (!link && link.error().errno_value() == ENODEV) {
    ASSIGN_OR_RETURN(created, CreateBridge(host, bridge));
    link = FindLink(host, bridge.name);
  }
  if (!link) return std::move(link).error();
  if (!link->our_bridge)
    return MakeError(ErrorCode::kExists,
                     "interface {} of the host is no bridge of skiff's, and the network needs that name: remove it, or make the "
                     "network anew with another --interface-name",
                     bridge.name);
  // Before it is up: a pod could otherwise announce itself to the host as an IPv6 router.
  if (v6) TRY(sysctls.FixIpv6(bridge.name));
  else if (sysctls.HasIpv6()) TRY(sysctls.Set(fmt::format("ipv6/conf/{}/accept_ra", bridge.name), "0"));
  for (const InterfaceAddress& address : bridge.addresses) TRY(AddAddress(host, link->index, bridge.name, address));
  RtnlMessage up = LinkRequest(RTM_NEWLINK, 0, bridge.name, IFF_UP);
  if (bridge.mtu) up.PutU32(IFLA_MTU, *bridge.mtu);
  TRY(host.Transact(std::move(up), fmt::format("bring up bridge {}", bridge.name)));
  return created;
}

Result<> CreateVeth(RtnlSocket& host, const VethPair& pair) {
  ASSIGN_OR_RETURN(const int bridge, LinkIndex(host, pair.bridge));
  ASSIGN_OR_RETURN(const std::string mac, ParseMac(pair.pod_mac));
  RtnlMessage message = LinkRequest(RTM_NEWLINK, kCreate, pair.host_name, IFF_UP);
  message.PutU32(IFLA_MASTER, static_cast<uint32_t>(bridge));
  if (pair.mtu) message.PutU32(IFLA_MTU, *pair.mtu);
  message.Nest(IFLA_LINKINFO, [&](RtnlMessage& info) {
    info.PutString(IFLA_INFO_KIND, "veth").Nest(IFLA_INFO_DATA, [&](RtnlMessage& data) {
      data.Nest(VETH_INFO_PEER, [&](RtnlMessage& peer) {
        peer.Append(ifinfomsg{})
            .PutString(IFLA_IFNAME, pair.pod_name)
            .PutU32(IFLA_NET_NS_FD, static_cast<uint32_t>(pair.netns_fd))
            .Put(IFLA_ADDRESS, mac.data(), mac.size());
        if (pair.mtu) peer.PutU32(IFLA_MTU, *pair.mtu);
      });
    });
  });
  TRY(host.Transact(std::move(message),
                    fmt::format("create link {} on bridge {}", pair.host_name, pair.bridge)));
  return SetHairpin(host, pair.host_name);
}

Result<> JoinBridge(RtnlSocket& host, const std::string& name, const std::string& bridge) {
  ASSIGN_OR_RETURN(const int index, LinkIndex(host, bridge));
  RtnlMessage message = LinkRequest(RTM_NEWLINK, 0, name, IFF_UP);
  message.PutU32(IFLA_MASTER, static_cast<uint32_t>(index));
  TRY(host.Transact(std::move(message), fmt::format("put link {} on bridge {}", name, bridge)));
  return SetHairpin(host, name);
}

Result<> CreateSubLink(RtnlSocket& host, const SubLink& link) {
  const auto parent = LinkIndex(host, link.parent);
  if (!parent && parent.error().errno_value() == ENODEV)
    return MakeError(ErrorCode::kNotFound, "the host has no interface {}, which is the parent of the {} network",
                     link.parent, link.driver);
  TRY(parent);
  RtnlMessage message = LinkRequest(RTM_NEWLINK, kCreate, link.pod_name);
  message.PutU32(IFLA_LINK, static_cast<uint32_t>(*parent));
  message.PutU32(IFLA_NET_NS_FD, static_cast<uint32_t>(link.netns_fd));
  if (link.mtu) message.PutU32(IFLA_MTU, *link.mtu);
  if (!link.pod_mac.empty() && link.driver == kMacvlan) {
    ASSIGN_OR_RETURN(const std::string mac, ParseMac(link.pod_mac));
    message.Put(IFLA_ADDRESS, mac.data(), mac.size());
  }
  message.Nest(IFLA_LINKINFO, [&](RtnlMessage& info) {
    info.PutString(IFLA_INFO_KIND, link.driver).Nest(IFLA_INFO_DATA, [&](RtnlMessage& data) {
      if (link.driver == kMacvlan) {
        data.PutU32(IFLA_MACVLAN_MODE, MacvlanMode(link.mode));
      } else {
        const uint16_t mode = link.mode == "l3" ? IPVLAN_MODE_L3 : link.mode == "l3s" ? IPVLAN_MODE_L3S : IPVLAN_MODE_L2;
        data.Put(IFLA_IPVLAN_MODE, &mode, sizeof mode);
      }
    });
  });
  return host.Transact(std::move(message),
                       fmt::format("create {} interface {} on {}", link.driver, link.pod_name, link.parent));
}

Result<> TryAwaitForwarding(RtnlSocket& host, const std::string& bridge, const std::string& port) {
  for (int attempt = 0; attempt < kForwardingAttempts; ++attempt) {
    bool forwarding = false;
    bool up = false;
    TRY(host.Query(LinkRequest(RTM_GETLINK, 0, port), fmt::format("look up link {}", port),
                   [&](nlmsghdr* header) { forwarding = PortState(header) == BR_STATE_FORWARDING; }));
    TRY(host.Query(LinkRequest(RTM_GETLINK, 0, bridge), fmt::format("look up link {}", bridge),
                   [&](nlmsghdr* header) { up = OperationalState(header) == IF_OPER_UP; }));
    if (forwarding && up) return {};
    ::usleep(kForwardingPauseUs);
  }
  return {};
}

Result<> DeleteLink(RtnlSocket& host, const std::string& name) {
  auto result = host.Transact(LinkRequest(RTM_DELLINK, 0, name), fmt::format("delete link {}", name));
  if (!result && result.error().errno_value() == ENODEV) return {};
  return result;
}

Result<> DeleteBridge(RtnlSocket& host, const std::string& name) {
  const auto link = FindLink(host, name);
  if (!link) return link.error().errno_value() == ENODEV ? Result<>() : Result<>(link.error());
  return link->our_bridge ? DeleteLink(host, name) : Result<>();
}

Result<> RaiseLoopback(RtnlSocket& pod) { return BringUp(pod, "lo"); }

Result<> ConfigureInterface(RtnlSocket& pod, const std::string& name,
                            const std::vector<InterfaceAddress>& addresses) {
  ASSIGN_OR_RETURN(const int index, LinkIndex(pod, name));
  for (const InterfaceAddress& address : addresses) TRY(AddAddress(pod, index, name, address));
  return BringUp(pod, name);
}

Result<> AddRoute(RtnlSocket& pod, const std::string& interface, const Route& route) {
  ASSIGN_OR_RETURN(const int index, LinkIndex(pod, interface));
  rtmsg header{};
  header.rtm_family = static_cast<uint8_t>(route.gateway.family());
  header.rtm_table = RT_TABLE_MAIN;
  header.rtm_protocol = RTPROT_STATIC;
  header.rtm_scope = RT_SCOPE_UNIVERSE;
  header.rtm_type = RTN_UNICAST;
  if (route.destination) header.rtm_dst_len = static_cast<uint8_t>(route.destination->prefix_length);
  RtnlMessage message(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_APPEND);
  message.Append(header);
  if (route.destination) message.Put(RTA_DST, route.destination->base.data(), route.destination->base.size());
  message.Put(RTA_GATEWAY, route.gateway.data(), route.gateway.size());
  message.PutU32(RTA_OIF, static_cast<uint32_t>(index));
  if (route.metric != 0) message.PutU32(RTA_PRIORITY, route.metric);
  const std::string destination = route.destination ? route.destination->ToString() : "default";
  auto result = pod.Transact(std::move(message), fmt::format("add a route to {} over {} on {}", destination,
                                                             route.gateway.ToString(), interface));
  if (!result && result.error().errno_value() == EEXIST) return {};
  return result;
}

Result<std::string> ParseMac(const std::string& text) {
  unsigned octets[6];
  int used = 0;
  const int count = std::sscanf(text.c_str(), "%2x:%2x:%2x:%2x:%2x:%2x%n", &octets[0], &octets[1], &octets[2],
                                &octets[3], &octets[4], &octets[5], &used);
  if (count != 6 || static_cast<size_t>(used) != text.size() || (octets[0] & 1) != 0)
    return MakeError(ErrorCode::kInvalid, "\"{}\" is not a unicast MAC address like 02:00:0a:59:00:02", text);
  std::string mac;
  for (const unsigned octet : octets) mac += static_cast<char>(octet);
  return mac;
}

}  // namespace skiff::network
