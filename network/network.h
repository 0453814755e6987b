// Bridge networks: addresses, links and published ports of pods. Everything is done over netlink; every
// operation is idempotent and what it did is recorded in the run directory, so that Detach works whatever
// killed the process between.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "common/result.h"
#include "common/system_paths.h"
#include "common/unique_fd.h"

namespace skiff::network {

struct Definition {
  std::string name;
  std::string id;       // 64 hex digits
  std::string bridge;   // interface name
  std::string subnet;   // "10.89.0.0/24"
  std::string gateway;  // "10.89.0.1"
  std::string created;  // RFC 3339
};

struct Port {
  std::string host_ip;  // empty: every address
  uint16_t host_port = 0;
  uint16_t container_port = 0;
  std::string protocol = "tcp";  // tcp, udp, sctp
  auto operator<=>(const Port&) const = default;
};

struct Lease {
  std::string network;
  std::string address;  // without prefix length
  int prefix_length = 24;
  std::string gateway;
  std::string mac;
};

class Network {
 public:
  static constexpr char kDefaultName[] = "skiff";

  explicit Network(const common::SystemPaths& paths);

  // The definition of that name; the default network is made on first use, on a /24
  // of 10.89.0.0/16, 10.90.0.0/15, ... that overlaps no route and no address of the host and no other
  // definition. kNotFound for other unknown names.
  common::Result<Definition> Find(const std::string& name);

  // An address nobody holds: making its lease in the run directory is the lock. `static_ip` empty: any.
  // kExists names the holder; kUnavailable: the pool is exhausted. A pod that holds a lease on this network
  // already gets the same one again.
  common::Result<Lease> Reserve(const Definition& network, const std::string& pod_id,
                                const std::string& static_ip = "", const std::string& static_mac = "");

  // Sockets bound (not listening) to the host ports, so that no other program takes them and a taken one is
  // found before anything starts. kExists: "port 8080/tcp is in use by nginx (pid 4711)" or "... by pod web".
  // The pod's reaper keeps them for its life.
  common::Result<std::vector<common::UniqueFd>> HoldPorts(const std::string& pod_id,
                                                          const std::string& pod_name,
                                                          const std::vector<Port>& ports);

  // Wires the network namespace of `netns_pid`: lo up, bridge, veth pair (eth0 inside), address, default
  // route, masquerading and published ports. All or nothing.
  common::Result<> Attach(const std::string& pod_id, int netns_pid, const Definition& network,
                          const Lease& lease, const std::vector<Port>& ports);
  // Only lo up in that namespace (mode "none").
  common::Result<> BringUpLoopback(int netns_pid);

  // Takes back everything that the pod holds: map elements, link, leases, and with the last pod the bridge
  // and the table. Goes on after errors and returns the first. Unknown pods are fine.
  common::Result<> Detach(const std::string& pod_id);

  // Detaches every recorded pod for which `alive` says false: repair after a crash. `alive` is asked at the
  // time of the decision (a list made earlier would miss a pod that another command has just started), twice
  // for a dead one; pods on which the command that wires them still works are left alone.
  common::Result<> Sweep(const std::function<bool(const std::string& pod_id)>& alive);

  // The addresses under which the host is known to its pods (first: the host end of the default route, else
  // the gateway).
  common::Result<std::vector<std::string>> HostAddresses();

 private:
  common::SystemPaths paths_;
};

}  // namespace skiff::network
