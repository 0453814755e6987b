// Switches of the network under /proc/sys/net, which belong to the network namespace of the calling thread.
#pragma once

#include <string>

#include "common/result.h"

namespace skiff::network {

class Sysctls {
 public:
  explicit Sysctls(std::string proc_root) : root_(std::move(proc_root) + "/sys/net/") {}

  // "ipv4/ip_forward". Writes only what differs: /proc/sys may be read-only for us.
  common::Result<> Set(const std::string& name, const std::string& value) const;
  bool HasIpv6() const;

  // The host passes packets on. IPv6: interfaces that get their configuration from routers go on doing so, which the
  // kernel ends otherwise for a host that is a router itself.
  common::Result<> EnableForwarding(bool v6) const;
  // A bridge's ports of 127.0.0.1 are reachable; only together with the guard rule against pods.
  common::Result<> EnableLocalRouting(const std::string& bridge) const;
  // Of an interface with IPv6 addresses that we give: nothing else gives it any, and its addresses are valid at once.
  common::Result<> FixIpv6(const std::string& interface) const;
  // Neighbours learn of an address that has moved to another interface as soon as this one is up.
  common::Result<> AnnounceAddresses(const std::string& interface) const;

 private:
  std::string root_;
};

}  // namespace skiff::network
