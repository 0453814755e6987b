// The name server of a pod's network: what the pod is called there, and where its own questions go.
#pragma once

#include <string>
#include <vector>

#include "common/result.h"
#include "pod/context.h"
#include "pod/spec.h"
#include "pod/state/state_store.h"

namespace skiff::pod {

// As podman names them: the pod, its containers and the start of an id; for `run` the container. Each once.
std::vector<std::string> DnsNames(const PodRecord& pod, const std::vector<ContainerRecord>& containers);

// Tells the server of each network of the pod's names, and starts it with the first pod; those of networks that it is not
// on any more forget them.
common::Result<> RegisterNames(Context& context, const PodRecord& pod, const std::vector<ContainerRecord>& containers,
                               const std::vector<network::Lease>& leases);
// The servers that a pod with these leases asks; of a pod in the host's network that wants them: those that run.
std::vector<std::string> NetworkServers(Context& context, const PodSpec& pod, const std::vector<network::Lease>& leases);

// After a pod has left its networks. The servers of networks without pods go on until EndUnusedNameServers, which waits for
// their end; those that should run and do not are started by RestoreNameServers, which does the former as well.
common::Result<> ForgetNames(Context& context, const std::string& pod_id);
common::Result<> EndUnusedNameServers(Context& context);
common::Result<> RestoreNameServers(Context& context);
// The same, and the rules that lead to servers which could not have port 53.
common::Result<> ReloadNameServers(Context& context);

}  // namespace skiff::pod
