#include "network/subnet_pool.h"

#include <algorithm>

namespace skiff::network {
namespace {

constexpr int kPrefixLength = 24;
constexpr uint32_t kStep = 1u << (32 - kPrefixLength);

// containers.conf(5), default_subnet_pools; adjacent, so that they are walked as one range.
constexpr uint32_t kFirst = 10u << 24 | 89u << 16;
constexpr uint32_t kEnd = 11u << 24;

}  // namespace

common::Result<Ipv4Subnet> ChooseSubnet(const std::vector<Ipv4Subnet>& used) {
  uint32_t base = kFirst;
  while (base < kEnd) {
    const Ipv4Subnet candidate{Ipv4Address{base}, kPrefixLength};
    const auto taken =
        std::find_if(used.begin(), used.end(), [&](const Ipv4Subnet& u) { return u.Overlaps(candidate); });
    if (taken == used.end()) return candidate;
    // A wide route is left behind in one step.
    base = std::max(base, taken->last().value & ~(kStep - 1)) + kStep;
  }
  return common::MakeError(
      common::ErrorCode::kUnavailable,
      "no free /24 in 10.89.0.0-10.255.255.255: the host's routes and the defined networks cover all "
      "of it; write a network definition with a free subnet by hand");
}

}  // namespace skiff::network
