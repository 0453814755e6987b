// What the host's routing table says.
#pragma once

#include <string>
#include <vector>

#include "network/ipv4.h"
#include "network/rtnetlink.h"

namespace skiff::network {

// Every IPv4 subnet that has a route (but the default one) or an address on the host.
common::Result<std::vector<Ipv4Subnet>> HostSubnets(RtnlSocket& host);

// The host's own address for connections over its default route, IPv4 before IPv6, at most one of each; empty
// without such a route.
common::Result<std::vector<std::string>> DefaultRouteAddresses(RtnlSocket& host);

}  // namespace skiff::network
