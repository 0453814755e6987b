#include "network/host_routes.h"

#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <tuple>

namespace skiff::network {

using common::Result;

namespace {

struct DefaultRoute {
  int link = 0;
  std::string source;  // preferred address, empty if none is set
  uint32_t metric = std::numeric_limits<uint32_t>::max();
};

std::string AddressText(int family, const nlattr* attribute) {
  char text[INET6_ADDRSTRLEN] = {};
  ::inet_ntop(family, nla_data(attribute), text, sizeof text);
  return text;
}

IpAddress AddressOf(int family, const nlattr* attribute) {
  return IpAddress::FromBytes(nla_data(attribute), family == AF_INET6);
}

bool IsLasting(const ifaddrmsg& address) {
  return address.ifa_scope == RT_SCOPE_UNIVERSE && (address.ifa_flags & IFA_F_TEMPORARY) == 0;
}

Result<> DumpRoutes(RtnlSocket& host, int family, const std::function<void(const rtmsg&, nlattr**)>& visit) {
  rtmsg header{};
  header.rtm_family = static_cast<unsigned char>(family);
  RtnlMessage message(RTM_GETROUTE, NLM_F_DUMP);
  message.Append(header);
  return host.Query(std::move(message), "list the host's routes", [&](nlmsghdr* answer) {
    nlattr* attributes[RTA_MAX + 1];
    if (nlmsg_parse(answer, sizeof(rtmsg), attributes, RTA_MAX, nullptr) < 0) return;
    visit(*static_cast<const rtmsg*>(nlmsg_data(answer)), attributes);
  });
}

Result<> DumpAddresses(RtnlSocket& host, int family,
                       const std::function<void(const ifaddrmsg&, nlattr**)>& visit) {
  ifaddrmsg header{};
  header.ifa_family = static_cast<unsigned char>(family);
  RtnlMessage message(RTM_GETADDR, NLM_F_DUMP);
  message.Append(header);
  return host.Query(std::move(message), "list the host's addresses", [&](nlmsghdr* answer) {
    nlattr* attributes[IFA_MAX + 1];
    if (nlmsg_parse(answer, sizeof(ifaddrmsg), attributes, IFA_MAX, nullptr) < 0) return;
    visit(*static_cast<const ifaddrmsg*>(nlmsg_data(answer)), attributes);
  });
}

// That of the lowest metric.
Result<std::optional<DefaultRoute>> FindDefaultRoute(RtnlSocket& host, int family) {
  std::optional<DefaultRoute> best;
  TRY(DumpRoutes(host, family, [&](const rtmsg& route, nlattr** attributes) {
    if (route.rtm_dst_len != 0 || route.rtm_type != RTN_UNICAST || route.rtm_table != RT_TABLE_MAIN) return;
    DefaultRoute found;
    found.metric = attributes[RTA_PRIORITY] != nullptr ? nla_get_u32(attributes[RTA_PRIORITY]) : 0;
    if (best && best->metric <= found.metric) return;
    if (attributes[RTA_OIF] != nullptr) found.link = static_cast<int>(nla_get_u32(attributes[RTA_OIF]));
    if (attributes[RTA_PREFSRC] != nullptr) found.source = AddressText(family, attributes[RTA_PREFSRC]);
    best = std::move(found);
  }));
  return best;
}

}  // namespace

Result<std::vector<IpSubnet>> HostSubnets(RtnlSocket& host) {
  std::vector<IpSubnet> subnets;
  for (const int family : {AF_INET, AF_INET6}) {
    TRY(DumpRoutes(host, family, [&](const rtmsg& route, nlattr** attributes) {
      if (route.rtm_dst_len == 0 || attributes[RTA_DST] == nullptr) return;
      subnets.push_back(IpSubnet::Of(AddressOf(family, attributes[RTA_DST]), route.rtm_dst_len));
    }));
    TRY(DumpAddresses(host, family, [&](const ifaddrmsg& address, nlattr** attributes) {
      if (attributes[IFA_ADDRESS] == nullptr) return;
      subnets.push_back(IpSubnet::Of(AddressOf(family, attributes[IFA_ADDRESS]), address.ifa_prefixlen));
    }));
  }
  return subnets;
}

Result<std::string> DescribeOverlap(RtnlSocket& host, const IpSubnet& subnet) {
  std::string found;
  const int family = subnet.base.family();
  const auto visit = [&](bool main_table) {
    return DumpRoutes(host, family, [&, main_table](const rtmsg& route, nlattr** attributes) {
      if (!found.empty() || route.rtm_dst_len == 0 || attributes[RTA_DST] == nullptr) return;
      if (main_table != (route.rtm_table == RT_TABLE_MAIN)) return;
      const IpSubnet target = IpSubnet::Of(AddressOf(family, attributes[RTA_DST]), route.rtm_dst_len);
      if (!target.Overlaps(subnet)) return;
      char name[IF_NAMESIZE] = {};
      if (attributes[RTA_OIF] != nullptr) ::if_indextoname(nla_get_u32(attributes[RTA_OIF]), name);
      found = fmt::format("the host's route to {}{}{}", target.ToString(), name[0] != 0 ? " through " : "", name);
    });
  };
  // Other tables have the host's own addresses, which say less.
  TRY(visit(true));
  if (found.empty()) TRY(visit(false));
  return found.empty() ? std::string("an address of the host") : found;
}

Result<std::optional<std::string>> FindRouteInside(RtnlSocket& host, const IpSubnet& subnet, const std::string& own) {
  std::optional<std::string> found;
  const int family = subnet.base.family();
  TRY(DumpRoutes(host, family, [&](const rtmsg& route, nlattr** attributes) {
    if (found || route.rtm_type != RTN_UNICAST || route.rtm_table != RT_TABLE_MAIN) return;
    if (attributes[RTA_DST] == nullptr || attributes[RTA_OIF] == nullptr) return;
    const IpSubnet target = IpSubnet::Of(AddressOf(family, attributes[RTA_DST]), route.rtm_dst_len);
    if (target.prefix_length < subnet.prefix_length || !subnet.Contains(target.base)) return;
    char name[IF_NAMESIZE] = {};
    if (::if_indextoname(nla_get_u32(attributes[RTA_OIF]), name) == nullptr || own == name) return;
    found = fmt::format("{} through {}", target.ToString(), name);
  }));
  return found;
}

Result<std::string> DefaultRouteInterface(RtnlSocket& host) {
  for (const int family : {AF_INET, AF_INET6}) {
    ASSIGN_OR_RETURN(const auto route, FindDefaultRoute(host, family));
    char name[IF_NAMESIZE] = {};
    if (route && ::if_indextoname(static_cast<unsigned>(route->link), name) != nullptr) return std::string(name);
  }
  return common::MakeError(common::ErrorCode::kNotFound,
                           "the host has no default route: name the parent interface (-o parent=NAME)");
}

Result<std::vector<std::string>> DefaultRouteAddresses(RtnlSocket& host) {
  std::vector<std::string> addresses;
  for (const int family : {AF_INET, AF_INET6}) {
    ASSIGN_OR_RETURN(const auto route, FindDefaultRoute(host, family));
    if (!route) continue;
    std::string found = route->source;
    if (found.empty()) {
      TRY(DumpAddresses(host, family, [&](const ifaddrmsg& address, nlattr** attributes) {
        if (!found.empty() || !IsLasting(address) || static_cast<int>(address.ifa_index) != route->link) return;
        const nlattr* own =
            attributes[IFA_LOCAL] != nullptr ? attributes[IFA_LOCAL] : attributes[IFA_ADDRESS];
        if (own != nullptr) found = AddressText(family, own);
      }));
    }
    if (!found.empty()) addresses.push_back(std::move(found));
  }
  return addresses;
}

Result<std::vector<std::string>> InterfaceAddresses(RtnlSocket& host, const std::vector<std::string>& bridges,
                                                    bool bridges_too) {
  std::vector<std::string> addresses;
  for (const int family : {AF_INET, AF_INET6}) {
    std::optional<std::tuple<bool, uint32_t, std::string>> best;  // on a bridge, interface, address
    TRY(DumpAddresses(host, family, [&](const ifaddrmsg& address, nlattr** attributes) {
      const nlattr* own = attributes[IFA_LOCAL] != nullptr ? attributes[IFA_LOCAL] : attributes[IFA_ADDRESS];
      if (own == nullptr || !IsLasting(address)) return;
      char name[IF_NAMESIZE] = {};
      if (::if_indextoname(address.ifa_index, name) == nullptr) return;
      const bool on_bridge = std::ranges::find(bridges, name) != bridges.end();
      if (on_bridge && !bridges_too) return;
      if (best && std::tuple(on_bridge, address.ifa_index) >= std::tuple(std::get<0>(*best), std::get<1>(*best))) return;
      best.emplace(on_bridge, address.ifa_index, AddressText(family, own));
    }));
    if (best) addresses.push_back(std::get<2>(*best));
  }
  return addresses;
}

}  // namespace skiff::network
