// Links, addresses and routes of pods. Names that exist already, or no longer, are not errors where it says
// so.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "network/ip_address.h"
#include "network/rtnetlink.h"
#include "network/sysctl.h"

namespace skiff::network {

struct InterfaceAddress {
  IpAddress address;
  int prefix_length = 0;
};

struct BridgeLink {
  std::string name;
  std::vector<InterfaceAddress> addresses;  // of the host on it
  std::optional<uint32_t> mtu;
  std::optional<uint32_t> vlan;  // of all its ports
};

// A veth pair: one end on the bridge, the other born inside the pod's namespace.
struct VethPair {
  std::string host_name;
  std::string bridge;
  int netns_fd = -1;
  std::string pod_name;  // interface inside: "eth0"
  std::string pod_mac;   // "02:..."
  std::optional<uint32_t> mtu;
};

// An interface of the pod's own on a link of the host, without a bridge.
struct SubLink {
  std::string driver;  // macvlan, ipvlan
  std::string parent;
  std::string mode;  // of that driver, empty: its default
  int netns_fd = -1;
  std::string pod_name;
  std::string pod_mac;  // empty: the kernel's choice
  std::optional<uint32_t> mtu;
};

// Creates the bridge if absent and brings it up with its addresses. `v6`: it may have IPv6 addresses. True: it was not
// there. kExists: another program's interface has the name.
common::Result<bool> EnsureBridge(RtnlSocket& host, const BridgeLink& bridge, bool v6, const Sysctls& sysctls);
// The host's end is up afterwards and hairpin set on the bridge's port. kExists: the host's end exists.
common::Result<> CreateVeth(RtnlSocket& host, const VethPair& pair);
// Puts an existing link on the bridge, hairpin set.
common::Result<> JoinBridge(RtnlSocket& host, const std::string& name, const std::string& bridge);
// kNotFound: no such parent. kExists: the pod has such an interface.
common::Result<> CreateSubLink(RtnlSocket& host, const SubLink& link);
// Waits until the bridge is up and forwards packets of this port. The kernel sees to both in the background
// once a link has a carrier; a packet sent before would be lost and tried again a second later. Gives up
// after half a second without error.
common::Result<> TryAwaitForwarding(RtnlSocket& host, const std::string& bridge, const std::string& port);
// Absent is fine, and an interface of that name which is no bridge of ours stays.
common::Result<> DeleteBridge(RtnlSocket& host, const std::string& name);
// Absent is fine.
common::Result<> DeleteLink(RtnlSocket& host, const std::string& name);

common::Result<> RaiseLoopback(RtnlSocket& pod);
// Addresses, then up.
common::Result<> ConfigureInterface(RtnlSocket& pod, const std::string& name,
                                    const std::vector<InterfaceAddress>& addresses);
struct Route {
  std::optional<IpSubnet> destination;  // absent: the default route
  IpAddress gateway;
  uint32_t metric = 0;
};
// Behind others for the same destination with the same metric.
common::Result<> AddRoute(RtnlSocket& pod, const std::string& interface, const Route& route);

struct LinkState {
  std::string name;
  int index = 0;
  int master = 0;  // index of the bridge that it is on, 0: none
  bool up = false;
  bool our_bridge = false;
};
common::Result<std::vector<LinkState>> ListLinks(RtnlSocket& host);

// ENODEV if there is no link of that name.
common::Result<int> LinkIndex(RtnlSocket& socket, const std::string& name);
bool HasLink(RtnlSocket& socket, const std::string& name);

// Six octets of "02:00:0a:59:00:02"; kInvalid unless it is a unicast address.
common::Result<std::string> ParseMac(const std::string& text);

}  // namespace skiff::network
