// What the host's routing table says.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "network/ip_address.h"
#include "network/rtnetlink.h"

namespace skiff::network {

// Every subnet that has a route (but the default one) or an address on the host.
common::Result<std::vector<IpSubnet>> HostSubnets(RtnlSocket& host);
// Which of them overlaps this one, for messages: "the host's route to 10.1.0.0/16 through eth0".
common::Result<std::string> DescribeOverlap(RtnlSocket& host, const IpSubnet& subnet);

// A route inside of that subnet which leads through another interface than `own`: "10.5.0.0/24 through tun0". Absent: none.
common::Result<std::optional<std::string>> FindRouteInside(RtnlSocket& host, const IpSubnet& subnet, const std::string& own);

// The host's own address for connections over its default route, IPv4 before IPv6, at most one of each; empty
// without such a route.
common::Result<std::vector<std::string>> DefaultRouteAddresses(RtnlSocket& host);

// Global addresses that the host has, the first interface's of each family, IPv4 before IPv6; of `bridges` not, or only where
// there is no other interface's.
common::Result<std::vector<std::string>> InterfaceAddresses(RtnlSocket& host, const std::vector<std::string>& bridges,
                                                           bool bridges_too);

// The name of the interface with the default route, IPv4 before IPv6; kNotFound without one.
common::Result<std::string> DefaultRouteInterface(RtnlSocket& host);

}  // namespace skiff::network
