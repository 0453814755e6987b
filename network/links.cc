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

#include "common/file.h"

namespace skiff::network {

using common::ErrorCode;
using common::MakeError;
using common::Result;

namespace {

constexpr int kCreate = NLM_F_CREATE | NLM_F_EXCL;
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
Result<> AddAddress(RtnlSocket& socket, int index, const std::string& name, Ipv4Address address,
                    int prefix_length) {
  ifaddrmsg header{};
  header.ifa_family = AF_INET;
  header.ifa_prefixlen = static_cast<uint8_t>(prefix_length);
  header.ifa_index = static_cast<unsigned>(index);
  RtnlMessage message(RTM_NEWADDR, kCreate);
  message.Append(header)
      .PutU32(IFA_LOCAL, address.network_order())
      .PutU32(IFA_ADDRESS, address.network_order())
      .PutU32(IFA_BROADCAST, Ipv4Subnet::Of(address, prefix_length).last().network_order());
  auto result = socket.Transact(
      std::move(message), fmt::format("add address {}/{} to {}", address.ToString(), prefix_length, name));
  if (!result && result.error().errno_value() == EEXIST) return {};
  return result;
}

// The bridge's own address of the link layer, fixed: an unset one would change with every port that comes or
// goes, and the pods' neighbour entries for the gateway would be wrong until they age out.
std::string BridgeMac(Ipv4Address gateway) {
  const uint32_t v = gateway.value;
  const char octets[] = {0x02,
                         0x53,
                         static_cast<char>(v >> 24),
                         static_cast<char>(v >> 16),
                         static_cast<char>(v >> 8),
                         static_cast<char>(v)};
  return std::string(octets, sizeof octets);
}

Result<> CreateBridge(RtnlSocket& host, const std::string& name, Ipv4Address gateway) {
  RtnlMessage message = LinkRequest(RTM_NEWLINK, kCreate, name);
  const std::string mac = BridgeMac(gateway);
  message.Put(IFLA_ADDRESS, mac.data(), mac.size());
  message.Nest(IFLA_LINKINFO, [](RtnlMessage& info) { info.PutString(IFLA_INFO_KIND, "bridge"); });
  auto result = host.Transact(std::move(message), fmt::format("create bridge {}", name));
  if (!result && result.error().errno_value() == EEXIST) return {};
  return result;
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

}  // namespace

Result<int> LinkIndex(RtnlSocket& socket, const std::string& name) {
  int index = 0;
  TRY(socket.Query(
      LinkRequest(RTM_GETLINK, 0, name), fmt::format("look up link {}", name),
      [&](nlmsghdr* header) { index = static_cast<const ifinfomsg*>(nlmsg_data(header))->ifi_index; }));
  return index;
}

Result<> EnsureBridge(RtnlSocket& host, const std::string& name, Ipv4Address gateway, int prefix_length,
                      const std::string& proc_root) {
  auto index = LinkIndex(host, name);
  if (!index && index.error().errno_value() == ENODEV) {
    TRY(CreateBridge(host, name, gateway));
    index = LinkIndex(host, name);
  }
  if (!index) return std::move(index).error();
  // Before it is up: a pod could otherwise announce itself to the host as an IPv6 router.
  const std::string accept_ra = fmt::format("{}/sys/net/ipv6/conf/{}/accept_ra", proc_root, name);
  if (common::PathExists(accept_ra)) TRY(common::WriteFile(accept_ra, "0"));
  TRY(AddAddress(host, *index, name, gateway, prefix_length));
  return BringUp(host, name);
}

Result<> CreateVeth(RtnlSocket& host, const VethPair& pair) {
  ASSIGN_OR_RETURN(const int bridge, LinkIndex(host, pair.bridge));
  ASSIGN_OR_RETURN(const std::string mac, ParseMac(pair.pod_mac));
  RtnlMessage message = LinkRequest(RTM_NEWLINK, kCreate, pair.host_name, IFF_UP);
  message.PutU32(IFLA_MASTER, static_cast<uint32_t>(bridge));
  message.Nest(IFLA_LINKINFO, [&](RtnlMessage& info) {
    info.PutString(IFLA_INFO_KIND, "veth").Nest(IFLA_INFO_DATA, [&](RtnlMessage& data) {
      data.Nest(VETH_INFO_PEER, [&](RtnlMessage& peer) {
        peer.Append(ifinfomsg{})
            .PutString(IFLA_IFNAME, pair.pod_name)
            .PutU32(IFLA_NET_NS_FD, static_cast<uint32_t>(pair.netns_fd))
            .Put(IFLA_ADDRESS, mac.data(), mac.size());
      });
    });
  });
  TRY(host.Transact(std::move(message),
                    fmt::format("create link {} on bridge {}", pair.host_name, pair.bridge)));

  // Without hairpin a pod cannot reach itself through its own published port while br_netfilter is on.
  RtnlMessage port = LinkRequest(RTM_NEWLINK, 0, pair.host_name);
  port.Nest(IFLA_LINKINFO, [](RtnlMessage& info) {
    info.PutString(IFLA_INFO_SLAVE_KIND, "bridge").Nest(IFLA_INFO_SLAVE_DATA, [](RtnlMessage& data) {
      data.PutU8(IFLA_BRPORT_MODE, 1);
    });
  });
  return host.Transact(std::move(port), fmt::format("set hairpin on {}", pair.host_name));
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

Result<> RaiseLoopback(RtnlSocket& pod) { return BringUp(pod, "lo"); }

Result<> ConfigureInterface(RtnlSocket& pod, const std::string& name, Ipv4Address address, int prefix_length,
                            std::optional<Ipv4Address> gateway) {
  ASSIGN_OR_RETURN(const int index, LinkIndex(pod, name));
  TRY(AddAddress(pod, index, name, address, prefix_length));
  TRY(BringUp(pod, name));
  if (!gateway) return {};
  rtmsg header{};
  header.rtm_family = AF_INET;
  header.rtm_table = RT_TABLE_MAIN;
  header.rtm_protocol = RTPROT_STATIC;
  header.rtm_scope = RT_SCOPE_UNIVERSE;
  header.rtm_type = RTN_UNICAST;
  RtnlMessage route(RTM_NEWROUTE, kCreate);
  route.Append(header)
      .PutU32(RTA_GATEWAY, gateway->network_order())
      .PutU32(RTA_OIF, static_cast<uint32_t>(index));
  return pod.Transact(std::move(route), fmt::format("add a default route over {}", gateway->ToString()));
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
