#include "network/sysctl.h"

#include "common/file.h"

namespace skiff::network {

using common::Result;

Result<> Sysctls::Set(const std::string& name, const std::string& value) const {
  const std::string path = root_ + name;
  const auto current = common::ReadFile(path);
  if (current && *current == value + "\n") return {};
  return common::WriteFile(path, value);
}

bool Sysctls::HasIpv6() const { return common::PathExists(root_ + "ipv6/conf/all/forwarding"); }

Result<> Sysctls::EnableForwarding(bool v6) const {
  TRY(Set("ipv4/ip_forward", "1"));
  if (!v6) return {};
  if (!HasIpv6())
    return common::MakeError(common::ErrorCode::kUnsupported,
                             "this kernel has no IPv6: use a network without IPv6 subnets");
  const auto forwarding = common::ReadFile(root_ + "ipv6/conf/all/forwarding");
  if (forwarding && *forwarding == "1\n") return {};
  ASSIGN_OR_RETURN(const auto interfaces, common::ListDirectory(root_ + "ipv6/conf"));
  for (const std::string& interface : interfaces) {
    const std::string accept = fmt::format("ipv6/conf/{}/accept_ra", interface);
    const auto value = common::ReadFile(root_ + accept);
    if (value && *value == "1\n") TRY(Set(accept, "2"));
  }
  return Set("ipv6/conf/all/forwarding", "1");
}

Result<> Sysctls::EnableLocalRouting(const std::string& bridge) const {
  return Set(fmt::format("ipv4/conf/{}/route_localnet", bridge), "1");
}

Result<> Sysctls::FixIpv6(const std::string& interface) const {
  if (!HasIpv6()) return {};
  const std::string prefix = fmt::format("ipv6/conf/{}/", interface);
  TRY(Set(prefix + "disable_ipv6", "0"));
  TRY(Set(prefix + "autoconf", "0"));
  TRY(Set(prefix + "accept_ra", "0"));
  return Set(prefix + "accept_dad", "0");
}

Result<> Sysctls::AnnounceAddresses(const std::string& interface) const {
  TRY(Set(fmt::format("ipv4/conf/{}/arp_notify", interface), "1"));
  if (!HasIpv6()) return {};
  return Set(fmt::format("ipv6/conf/{}/ndisc_notify", interface), "1");
}

}  // namespace skiff::network
