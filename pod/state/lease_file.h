// leases.json in a pod's run directory: the addresses it holds, for commands that only look.
#pragma once

#include <string>
#include <vector>

#include "common/result.h"
#include "network/network.h"

namespace skiff::pod {

common::Result<> WriteLeases(const std::string& path, const std::vector<network::Lease>& leases);
// Empty when there is no such file.
common::Result<std::vector<network::Lease>> ReadLeases(const std::string& path);

// What Kubernetes calls the pod's addresses: those on its first network, one per family.
std::vector<std::string> PodAddresses(const std::vector<network::Lease>& leases);

}  // namespace skiff::pod
