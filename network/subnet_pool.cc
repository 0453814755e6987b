#include "network/subnet_pool.h"

#include <sys/random.h>

#include <algorithm>

namespace skiff::network {

using common::ErrorCode;
using common::MakeError;
using common::Result;

namespace {

constexpr int kPrefixLength = 24;
constexpr uint32_t kStep = 1u << (32 - kPrefixLength);
constexpr int kIpv6PrefixLength = 64;
constexpr int kIpv6Attempts = 100;

// containers.conf(5), default_subnet_pools; adjacent, so that they are walked as one range.
constexpr uint32_t kFirst = 10u << 24 | 89u << 16;
constexpr uint32_t kEnd = 11u << 24;

uint32_t Value(const IpAddress& address) {
  const auto& b = address.bytes;
  return uint32_t{b[0]} << 24 | uint32_t{b[1]} << 16 | uint32_t{b[2]} << 8 | b[3];
}

}  // namespace

Result<IpSubnet> ChooseSubnet(const std::vector<IpSubnet>& used) {
  uint32_t base = kFirst;
  while (base < kEnd) {
    const IpSubnet candidate{IpAddress::V4(base), kPrefixLength};
    const auto taken =
        std::find_if(used.begin(), used.end(), [&](const IpSubnet& u) { return u.Overlaps(candidate); });
    if (taken == used.end()) return candidate;
    // A wide route is left behind in one step.
    base = std::max(base, Value(taken->last()) & ~(kStep - 1)) + kStep;
  }
  return MakeError(ErrorCode::kUnavailable,
                   "no free /24 in 10.89.0.0-10.255.255.255: the host's routes and the defined networks cover all "
                   "of it; name a free one: skiff network create --subnet");
}

Result<IpSubnet> ChooseIpv6Subnet(const std::vector<IpSubnet>& used) {
  for (int attempt = 0; attempt < kIpv6Attempts; ++attempt) {
    IpAddress base{.v6 = true};
    if (::getrandom(base.bytes.data(), kIpv6PrefixLength / 8, 0) != kIpv6PrefixLength / 8)
      return common::ErrnoError("choose an IPv6 subnet");
    base.bytes[0] = 0xfd;
    const IpSubnet candidate = IpSubnet::Of(base, kIpv6PrefixLength);
    if (std::none_of(used.begin(), used.end(), [&](const IpSubnet& u) { return u.Overlaps(candidate); }))
      return candidate;
  }
  return MakeError(ErrorCode::kUnavailable, "no free /64 in fd00::/8: name a free one: skiff network create --subnet");
}

}  // namespace skiff::network
