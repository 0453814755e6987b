// One endpoint in the kernel: bridge, veth, addresses, routes, rules; set up and taken back.
#pragma once

#include <string>
#include <vector>

#include "network/firewall.h"
#include "network/pod_record.h"
#include "network/rtnetlink.h"
#include "network/sysctl.h"

namespace skiff::network {

// What the table says of a pod: what it publishes, and where that leads.
struct Publication {
  PortTargets targets;
  std::vector<Port> ports;
  // Those on bridges. Masked are pods on several networks, which may have a way of their own to a client, and such as have none.
  std::vector<AddressMark> marks;
};
// Of each family by the endpoint that publishes it; a family without one leads nowhere.
Publication PublicationOf(const PodRecord& record);
// Only what this endpoint publishes.
Publication PublicationOn(const Endpoint& endpoint, const PodRecord& record);

class Attachment {
 public:
  static common::Result<Attachment> Open(const std::string& proc_root);

  // The bridge of the endpoint, if it has one. True: it was not there, so that nothing is on it.
  common::Result<bool> EnsureBridge(const Endpoint& endpoint);
  // The rules of the bridge and the ports, then forwarding. True: the table was not there, so that nobody's rules are.
  common::Result<bool> Publish(const Endpoint& endpoint, const Publication& publication,
                               const Firewall::Owners& owners);
  // The interface in the pod's namespace, with addresses and routes, after bridge and rules. `position` among the pod's
  // interfaces: routes of the first are preferred. On error some of it may be there: Unwire takes it back.
  common::Result<> Wire(const Endpoint& endpoint, int netns_fd, uint32_t position);
  // Puts the endpoint's link on its bridge again. Absent is fine.
  common::Result<> Rejoin(const Endpoint& endpoint);
  bool HasLink(const Endpoint& endpoint);

  // Absent is fine.
  common::Result<> Unpublish(const Publication& publication);
  common::Result<> Unmark(const std::vector<AddressMark>& marks);
  common::Result<> Unwire(const Endpoint& endpoint);
  // The interface of an endpoint without a link on a bridge, in a pod that goes on.
  common::Result<> UnwireInside(const Endpoint& endpoint, int netns_fd);
  // The bridge of a network, and what the rules say of it. `with_table`: nobody needs the table any more either.
  // Absent is fine.
  common::Result<> RemoveBridge(const Definition& network, bool with_table);
  // Connections to these ports of the host that the kernel would go on sending elsewhere.
  common::Result<> ForgetFlows(const std::vector<Port>& ports);

 private:
  Attachment(RtnlSocket host, Firewall firewall, std::string proc_root);
  common::Result<> CheckHostRoutes(const Definition& network);
  common::Result<> CreateLink(const Endpoint& endpoint, int netns_fd);
  common::Result<> Configure(const Endpoint& endpoint, int netns_fd, uint32_t position);

  RtnlSocket host_;
  Firewall firewall_;
  std::string proc_root_;
  Sysctls sysctls_;
};

}  // namespace skiff::network
