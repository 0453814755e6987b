// Connections that the kernel tracks. A client that keeps its UDP socket would be sent to a pod that is gone,
// or to the host although a pod has the port now, until its entry times out.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "network/ip_address.h"
#include "network/netfilter_socket.h"

namespace skiff::network {

// Forgets the UDP flows that lead to this address.
common::Result<> ForgetUdpFlowsTo(NetfilterSocket& socket, const IpAddress& address);
// Forgets the UDP flows that clients began to these ports of the host.
common::Result<> ForgetUdpFlowsToPorts(NetfilterSocket& socket, const std::set<uint16_t>& ports);

}  // namespace skiff::network
