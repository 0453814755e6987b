// One endpoint in the kernel: bridge, veth, addresses, routes, rules; set up and taken back.
#pragma once

#include <string>
#include <vector>

#include "network/firewall.h"
#include "network/pod_record.h"
#include "network/rtnetlink.h"

namespace skiff::network {

class Attachment {
 public:
  static common::Result<Attachment> Open(const std::string& proc_root);

  // Everything of the endpoint. On error some of it may be there: Unwire takes it back.
  common::Result<> Wire(const Endpoint& endpoint, int netns_fd, const std::vector<Port>& ports,
                        const Firewall::Owners& owners);
  // Goes on after errors and returns the first. Absent is fine; the bridge stays.
  common::Result<> Unwire(const Endpoint& endpoint, const std::vector<Port>& ports);
  // The bridge and what the rules say of it. Absent is fine.
  common::Result<> RemoveBridge(const Endpoint& endpoint);
  common::Result<> RemoveTable() { return firewall_.RemoveTable(); }

 private:
  Attachment(RtnlSocket host, Firewall firewall, std::string proc_root);
  common::Result<> EnableForwarding(const std::string& bridge);
  common::Result<> SetSysctl(const std::string& name, const std::string& value);

  RtnlSocket host_;
  Firewall firewall_;
  std::string proc_root_;
};

}  // namespace skiff::network
