// Links, addresses and routes of pods. Names that exist already, or no longer, are not errors where it says
// so.
#pragma once

#include <optional>
#include <string>

#include "network/ipv4.h"
#include "network/rtnetlink.h"

namespace skiff::network {

// A veth pair: one end on the bridge, the other born inside the pod's namespace.
struct VethPair {
  std::string host_name;
  std::string bridge;
  int netns_fd = -1;
  std::string pod_name;  // interface inside: "eth0"
  std::string pod_mac;   // "02:..."
};

// Creates the bridge if absent and brings it up with its address. `proc_root` is where its sysctls are.
common::Result<> EnsureBridge(RtnlSocket& host, const std::string& name, Ipv4Address gateway,
                              int prefix_length, const std::string& proc_root);
// The host's end is up afterwards and hairpin set on the bridge's port. kExists: the host's end exists.
common::Result<> CreateVeth(RtnlSocket& host, const VethPair& pair);
// Waits until the bridge is up and forwards packets of this port. The kernel sees to both in the background
// once a link has a carrier; a packet sent before would be lost and tried again a second later. Gives up
// after half a second without error.
common::Result<> TryAwaitForwarding(RtnlSocket& host, const std::string& bridge, const std::string& port);
// Absent is fine.
common::Result<> DeleteLink(RtnlSocket& host, const std::string& name);

common::Result<> RaiseLoopback(RtnlSocket& pod);
// Address, up, default route; `gateway` absent: no route.
common::Result<> ConfigureInterface(RtnlSocket& pod, const std::string& name, Ipv4Address address,
                                    int prefix_length, std::optional<Ipv4Address> gateway);

// kNotFound if there is no link of that name.
common::Result<int> LinkIndex(RtnlSocket& socket, const std::string& name);

// Six octets of "02:00:0a:59:00:02"; kInvalid unless it is a unicast address.
common::Result<std::string> ParseMac(const std::string& text);

}  // namespace skiff::network
