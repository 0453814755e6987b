// Connections that the kernel tracks. A client that keeps its UDP socket would be sent to a pod that is gone,
// or to the host although a pod has the port now, until its entry times out.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "network/ip_address.h"
#include "network/netfilter_socket.h"

namespace skiff::network {

// Forgets the UDP flows that lead to this address.
common::Result<> ForgetUdpFlowsTo(NetfilterSocket& socket, const IpAddress& address);
// Where UDP that was sent to one place has been led.
struct TranslatedUdp {
  std::optional<IpAddress> address;  // absent: any, of the family of the target
  uint16_t port = 0;
  IpAddress target;
  uint16_t target_port = 0;
  auto operator<=>(const TranslatedUdp&) const = default;
};
// Forgets the flows that went these ways.
common::Result<> ForgetUdpFlows(NetfilterSocket& socket, const std::set<TranslatedUdp>& ways);
// Forgets the UDP flows that clients began to these ports of the host.
common::Result<> ForgetUdpFlowsToPorts(NetfilterSocket& socket, const std::set<uint16_t>& ports);

}  // namespace skiff::network
