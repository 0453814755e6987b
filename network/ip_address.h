// IPv4 and IPv6 addresses and subnets as values.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/result.h"

namespace skiff::network {

struct IpAddress {
  bool v6 = false;
  std::array<uint8_t, 16> bytes{};  // network order; IPv4 fills the first four, the rest is zero

  // As inet_pton(3) takes it, of either family.
  static common::Result<IpAddress> Parse(std::string_view text);
  // From the bytes of a packet, a socket address or a netlink attribute: four or sixteen.
  static IpAddress FromBytes(const void* data, bool is_v6);
  static IpAddress V4(uint32_t host_order);

  std::string ToString() const;
  int family() const;  // AF_INET or AF_INET6
  size_t size() const { return v6 ? 16 : 4; }
  int bits() const { return v6 ? 128 : 32; }
  const uint8_t* data() const { return bytes.data(); }

  bool IsUnspecified() const { return bytes == decltype(bytes){}; }
  bool IsLoopback() const;  // 127.0.0.0/8 or ::1
  // The address `distance` further on; wraps around.
  IpAddress Plus(uint64_t distance) const;
  // How far this one is beyond `base`, at most the largest number. `base` is of the same family and not beyond this.
  uint64_t DistanceFrom(const IpAddress& base) const;
  auto operator<=>(const IpAddress&) const = default;
};

struct IpSubnet {
  IpAddress base;  // bits beyond the prefix are zero
  int prefix_length = 0;

  // "10.89.0.0/24" or "fd00::/64"; bits beyond the prefix are dropped.
  static common::Result<IpSubnet> Parse(std::string_view text);
  static IpSubnet Of(IpAddress address, int prefix_length);
  std::string ToString() const;

  IpAddress last() const;  // IPv4: the broadcast address
  bool Contains(const IpAddress& address) const;
  bool Overlaps(const IpSubnet& other) const;
  bool operator==(const IpSubnet&) const = default;
};

}  // namespace skiff::network
