// Which subnet a new network gets.
#pragma once

#include <vector>

#include "network/ip_address.h"

namespace skiff::network {

// The first /24 of podman's default pools
// (10.89.0.0/16, 10.90.0.0/15, 10.92.0.0/14, 10.96.0.0/11, 10.128.0.0/9) that overlaps none of `used`.
// kUnavailable: every one of them does.
common::Result<IpSubnet> ChooseSubnet(const std::vector<IpSubnet>& used);

// A /64 with random digits of the range for private use, fd00::/8 (RFC 4193), that overlaps none of `used`.
common::Result<IpSubnet> ChooseIpv6Subnet(const std::vector<IpSubnet>& used);

}  // namespace skiff::network
