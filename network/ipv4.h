// IPv4 addresses and subnets as numbers in host byte order: for what counts through them (Services). Elsewhere
// IpAddress, of either family.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/result.h"

namespace skiff::network {

struct Ipv4Address {
  uint32_t value = 0;

  // Dotted decimal with four parts, as inet_pton(3) takes it.
  static common::Result<Ipv4Address> Parse(std::string_view text);
  std::string ToString() const;
  uint32_t network_order() const;
  auto operator<=>(const Ipv4Address&) const = default;
};

struct Ipv4Subnet {
  Ipv4Address base;  // bits beyond the prefix are zero
  int prefix_length = 0;

  // "10.89.0.0/24"; bits beyond the prefix are dropped.
  static common::Result<Ipv4Subnet> Parse(std::string_view text);
  static Ipv4Subnet Of(Ipv4Address address, int prefix_length);
  std::string ToString() const;

  Ipv4Address last() const;  // the broadcast address
  bool Contains(Ipv4Address address) const;
  bool Overlaps(const Ipv4Subnet& other) const;
  bool operator==(const Ipv4Subnet&) const = default;
};

}  // namespace skiff::network
