// Networks of pods: definitions, addresses, links and published ports. Everything is done over netlink; every
// operation is idempotent and what it did is recorded in the run directory, so that Detach works whatever
// killed the process between.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "common/result.h"
#include "common/system_paths.h"
#include "common/unique_fd.h"
#include "network/definition.h"
#include "network/lease.h"
#include "network/port.h"

namespace skiff::network {

// What a pod wants of a network.
struct EndpointRequest {
  std::vector<std::string> static_ips;  // one per subnet at most
  std::string static_mac;
  std::string interface;             // empty: eth0, eth1, ...
  std::vector<std::string> aliases;  // further names of the pod on this network, for DNS
};

// A socket bound to a port of the host.
struct HeldPort {
  common::UniqueFd socket;
  Port port;
  bool relayed = false;  // IPv6 of TCP and UDP: what the kernel cannot translate ([::1]) arrives here, for whoever listens
};

class Network {
 public:
  static constexpr char kDefaultName[] = "skiff";

  explicit Network(const common::SystemPaths& paths);

  // --- definitions ---
  // By name, id or unique prefix of an id; the default network is made on first use, on a /24
  // of 10.89.0.0/16, 10.90.0.0/15, ... that overlaps no route and no address of the host and no other
  // definition. kNotFound for other unknown names.
  common::Result<Definition> Find(const std::string& name);
  // All of them, the default one included, sorted by name. Files that cannot be used are left out.
  common::Result<std::vector<Definition>> List();
  // Fills in what `wanted` leaves open (name, id, interface, subnets, gateways, ranges) and stores it. kExists: the
  // name, the bridge or a subnet is taken, and by whom; kInvalid, kUnsupported: what is wrong with it.
  common::Result<Definition> Create(Definition wanted);
  // kInvalid for the default network, kBusy while a pod has an address on it.
  common::Result<> Remove(const std::string& name);

  // --- pods ---
  // What can be told of a request before anything is taken. kNotFound: no such network; kInvalid: an address or link address that
  // it cannot give.
  common::Result<> CheckRequest(const std::string& network, const EndpointRequest& request);
  // An address per subnet that nobody holds: making its lease in the run directory is the lock.
  // kExists names the holder; kUnavailable: the pool is exhausted. A pod that holds leases on this network
  // already gets the same ones again.
  common::Result<std::vector<Lease>> Reserve(const Definition& network, const std::string& pod_id,
                                             const EndpointRequest& request = {});

  // Sockets bound to the host ports, so that no other program takes them and a taken one is
  // found before anything starts. kExists: "port 8080/tcp is in use by nginx (pid 4711)" or "... by pod web".
  // The pod's reaper keeps them for its life. `ports` are all that the pod publishes from now on, `known` those of
  // them that it holds already.
  common::Result<std::vector<HeldPort>> HoldPorts(const std::string& pod_id, const std::string& pod_name,
                                                  const std::vector<Port>& ports,
                                                  const std::vector<Port>& known = {});

  // Wires the network namespace of `netns_pid` with every network on which addresses are reserved: lo up, bridge,
  // veth pair, addresses, routes, masquerading and published ports. All or nothing.
  common::Result<> Attach(const std::string& pod_id, int netns_pid);
  // Attach in its two parts: the host's side, in which the kernel may have to wait, can be made ready before the namespace is
  // there. What the first part has done alone, Release takes back.
  class HostSide;
  common::Result<HostSide> PrepareHost(const std::string& pod_id);
  common::Result<> AttachTo(HostSide& host, int netns_pid);
  // Only lo up in that namespace (mode "none").
  common::Result<> BringUpLoopback(int netns_pid);

  // One more network, or one less, for a pod that runs. The published ports lead, per family, to its first bridge network that has it.
  common::Result<std::vector<Lease>> Connect(const std::string& pod_id, int netns_pid, const Definition& network,
                                             const EndpointRequest& request);
  common::Result<> Disconnect(const std::string& pod_id, int netns_pid, const std::string& network);
  // What the record says that the pod is on; not whole: a command was killed while it took addresses or gave them back.
  struct Membership {
    std::string network;
    bool whole = false;
  };
  common::Result<std::vector<Membership>> Networks(const std::string& pod_id);
  // What the pod holds, empty for an unknown one.
  common::Result<std::vector<Lease>> Leases(const std::string& pod_id);

  // Changes what a pod that runs publishes, in one transaction; sockets for new ports come from HoldPorts.
  common::Result<> Publish(const std::string& pod_id, const std::vector<Port>& ports);
  common::Result<> Unpublish(const std::string& pod_id, const std::vector<Port>& ports);
  // What the record says that the pod publishes, Normalized.
  common::Result<std::vector<Port>> Ports(const std::string& pod_id);
  // "0.0.0.0" and "::" mean every address, as the empty one does.
  static std::vector<Port> Normalized(std::vector<Port> ports);
  // Where connections to the pod's published ports lead: an address per family.
  common::Result<std::vector<std::string>> PortAddresses(const std::string& pod_id);

  // Which of these pods, each given with what it holds, lack a bridge, their link on it or the table. Cheap: one look for all.
  common::Result<std::set<std::string>> FindDamaged(const std::map<std::string, std::vector<Lease>>& pods);
  // Makes links, rules, ports and sysctls of a pod that runs what they must be, whatever has become of them.
  common::Result<> Reload(const std::string& pod_id, int netns_pid);

  // Takes back everything that the pod holds: map elements, links, leases, and with the last pod the bridge
  // and the table. Goes on after errors and returns the first. Unknown pods are fine.
  common::Result<> Detach(const std::string& pod_id);
  // Detach in its two parts, as the second one makes the kernel wait for all its processors: what is the pod's own
  // (true: there is something left that nobody uses), and bridges and table of networks without pods.
  common::Result<bool> Release(const std::string& pod_id);
  common::Result<> RemoveUnused();

  // Detaches every recorded pod for which `alive` says false: repair after a crash. `alive` is asked at the
  // time of the decision (a list made earlier would miss a pod that another command has just started), twice
  // for a dead one; pods on which the command that wires them still works are left alone.
  common::Result<> Sweep(const std::function<bool(const std::string& pod_id)>& alive);

  // The addresses of the host, one of each family: of the default route, else of the first interface, those of our bridges, which
  // come and go with pods, behind the others or not at all; else loopback.
  enum class OwnBridges { kLast, kNever };
  common::Result<std::vector<std::string>> HostAddresses(OwnBridges own = OwnBridges::kLast);

 private:
  common::SystemPaths paths_;
};

// The network stays locked against removal for as long as this lives.
class Network::HostSide {
 public:
  HostSide(HostSide&&) noexcept;
  HostSide& operator=(HostSide&&) noexcept;
  ~HostSide();

 private:
  friend class Network;
  struct State;
  explicit HostSide(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace skiff::network
