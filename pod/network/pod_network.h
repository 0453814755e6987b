// A starting pod's way to its network: address and ports before anything runs, the links once the namespaces exist.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/result.h"
#include "common/unique_fd.h"
#include "pod/context.h"
#include "pod/spec.h"

namespace skiff::pod {

class PodNetwork {
 public:
  // Reserves the address and binds the published ports. Taken back by network::Network::Detach.
  static common::Result<PodNetwork> Prepare(Context& context, const std::string& pod_id, const PodSpec& pod);

  // The same ports once more, for another reaper of a pod that runs.
  static common::Result<PodNetwork> HoldAgain(Context& context, const std::string& pod_id, const PodSpec& pod);

  // What the host needs for the pod; nothing for a pod without a network of its own. Taken back by Release.
  common::Result<> PrepareHost(Context& context, const std::string& pod_id);
  // Wires the namespace of the infra process, after PrepareHost.
  common::Result<> Attach(Context& context, int infra_pid);

  const std::vector<network::Lease>& leases() const { return leases_; }
  std::vector<std::string> addresses() const;
  std::vector<std::pair<std::string, int>> port_sockets() const;  // with the names under which the pod's reaper gets them
  bool own_namespace() const;     // infra makes a new one, which Attach wires
  const std::string& join_path() const { return join_path_; }  // of another pod or a file; may be empty

 private:
  common::Result<> Hold(Context& context, const std::string& pod_id, const PodSpec& pod);

  NetworkSpec::Mode mode_ = NetworkSpec::Mode::kNone;
  std::vector<network::Lease> leases_;
  std::vector<network::HeldPort> sockets_;
  std::vector<std::string> port_targets_;
  std::string join_path_;
  std::optional<network::Network::HostSide> host_side_;
};

// The networks that the pod is on, with their names filled in; none unless it has a network of its own.
std::vector<NetworkAttachment> AttachmentsOf(const NetworkSpec& spec);
network::EndpointRequest RequestOf(const NetworkAttachment& attachment);

// The pod whose namespace is to be shared: --network container:NAME.
common::Result<std::string> FindNetworkTarget(Context& context, const std::string& name);

// The name under which the pod's reaper gets the socket; `targets`: network::Network::PortAddresses.
std::string HeldPortName(const network::HeldPort& held, const std::vector<std::string>& targets);
// Where connections to relayed ports go.
std::string RelayAddress(const std::vector<std::string>& targets);
// After a change of networks: connections to relayed ports go to the pod's address of now.
common::Result<> MovePortRelays(Context& context, const std::string& pod_id);

// kExists, with the holder: a port that a Service or a program has, or a pod other than `leaving`, which are to be removed.
common::Result<> CheckPortIsFree(Context& context, const network::Port& port, const std::vector<std::string>& leaving);

// All host ports that the pod and its containers publish, each once.
std::vector<network::Port> PublishedPorts(const PodSpec& pod);

}  // namespace skiff::pod
