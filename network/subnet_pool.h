// Which subnet a new network gets.
#pragma once

#include <vector>

#include "network/ipv4.h"

namespace skiff::network {

// The first /24 of podman's default pools
// (10.89.0.0/16, 10.90.0.0/15, 10.92.0.0/14, 10.96.0.0/11, 10.128.0.0/9) that overlaps none of `used`.
// kUnavailable: every one of them does.
common::Result<Ipv4Subnet> ChooseSubnet(const std::vector<Ipv4Subnet>& used);

}  // namespace skiff::network
