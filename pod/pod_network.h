// A starting pod's way to its network: address and ports before anything runs, the links once the namespaces exist.
#pragma once

#include <string>
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

  // Wires the namespace of the infra process.
  common::Result<> Attach(Context& context, const std::string& pod_id, int infra_pid) const;

  const std::vector<network::Lease>& leases() const { return leases_; }
  std::vector<std::string> addresses() const;
  std::string host_address() const { return leases_.empty() ? "" : leases_.front().gateway; }
  std::vector<int> port_sockets() const;
  bool own_namespace() const;     // infra makes a new one, which Attach wires
  const std::string& join_path() const { return join_path_; }  // of another pod or a file; may be empty

 private:
  NetworkSpec::Mode mode_ = NetworkSpec::Mode::kNone;
  network::Definition definition_;
  std::vector<network::Lease> leases_;
  std::vector<network::Port> ports_;
  std::vector<common::UniqueFd> sockets_;
  std::string join_path_;
};

// All host ports that the pod and its containers publish, each once.
std::vector<network::Port> PublishedPorts(const PodSpec& pod);

}  // namespace skiff::pod
