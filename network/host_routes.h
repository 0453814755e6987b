// What the host's routing table says.
#pragma once

#include <string>
#include <vector>

#include "network/ip_address.h"
#include "network/rtnetlink.h"

namespace skiff::network {

// Every subnet that has a route (but the default one) or an address on the host.
common::Result<std::vector<IpSubnet>> HostSubnets(RtnlSocket& host);

// The host's own address for connections over its default route, IPv4 before IPv6, at most one of each; empty
// without such a route.
common::Result<std::vector<std::string>> DefaultRouteAddresses(RtnlSocket& host);

// The name of the interface with the default route, IPv4 before IPv6; kNotFound without one.
common::Result<std::string> DefaultRouteInterface(RtnlSocket& host);

}  // namespace skiff::network
