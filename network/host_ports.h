// Sockets that keep a published port of the host from other programs.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "network/network.h"

namespace skiff::network {

// What of IPv6 a port of every address holds: every address of it too, or [::1] alone. The latter hinders other programs as well,
// but for those that ask for one other address.
enum class Ipv6Side { kEverywhere, kLoopback };

// Bound, not listening: one socket for an address, for the empty one one for IPv4 and, where the kernel
// has it, one for IPv6 alone. A program that binds the same port fails in bind(2) or, if it sets
// SO_REUSEADDR, in listen(2). Protocols that the
// kernel has no sockets of (SCTP) are not held. kExists names
// the holder: `pod_holding` is asked first (empty: no pod).
common::Result<std::vector<HeldPort>> BindHostPort(const Port& port, const std::string& proc_root,
                                                   const std::function<std::string(const Port&)>& pod_holding,
                                                   Ipv6Side v6 = Ipv6Side::kEverywhere);

}  // namespace skiff::network
