// Addresses of Services and ports of the host that Services hold. As with pods, a lease is a symbolic link whose
// text is its holder: making it is one call that fails if it exists. They are in the state directory: a Service
// keeps its address for life, over reboots and however often it is played again.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/system_paths.h"
#include "network/ip_address.h"
#include "network/service/service.h"

namespace skiff::network {

class ServiceLeases {
 public:
  static constexpr char kDefaultRange[] = "10.96.0.0/16";

  explicit ServiceLeases(const common::SystemPaths& paths);

  // The subnet of all Services: what CONFIG/skiff/service-range says, else the first /16 from 10.96.0.0/16 on that
  // overlaps no route of the host. For IPv6 CONFIG/skiff/service-range-v6, else a /112 of fd00::/8 by chance. Chosen once.
  common::Result<IpSubnet> Range(bool v6) const;

  // All or nothing. What the holder has already, it keeps if it is wanted, else it is released. kExists names who
  // has what is wanted; kInvalid: not in the range; kUnavailable: the range is used up.
  common::Result<ServiceLease> Take(const ServiceRequest& request) const;
  // All that hold something, each once.
  common::Result<std::vector<std::string>> Holders() const;
  // Everything. Absent is fine.
  common::Result<> Release(const std::string& holder) const;

  // The Service that has this port of the host.
  std::optional<std::string> PortHolder(const std::string& protocol, uint16_t port) const;

 private:
  class Taking;

  common::SystemPaths paths_;
  std::string directory_;
};

}  // namespace skiff::network
