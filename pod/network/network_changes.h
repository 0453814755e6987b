// What of a pod's network changes while it runs, in a way that a killed command leaves nothing half done: the stored spec is
// changed last and is the truth, and a mark says that the network may not be what it says.
#pragma once

#include <vector>

#include "common/result.h"
#include "pod/context.h"

namespace skiff::pod {

// All of these: the caller holds the pod's lock, and the pod runs.

// Before the first change; taken away once the spec is stored.
common::Result<> MarkNetworkChange(const Context& context, const std::string& pod_id);
common::Result<> UnmarkNetworkChange(const Context& context, const std::string& pod_id);
bool HasNetworkChange(const Context& context, const std::string& pod_id);

// Where there is a mark: the pod gets the networks and ports of its spec, and no others.
common::Result<> SettleNetwork(Context& context, const std::string& pod_id, int infra_pid);
// The same for a pod that another command may be working on, or that may just be ending: then nothing is done.
common::Result<> TrySettleNetwork(Context& context, const std::string& pod_id);

// The files and name servers that follow the pod's addresses.
common::Result<> RememberLeases(Context& context, const PodRecord& pod);

// `known`: what the pod publishes already. All or nothing.
common::Result<> AddPorts(Context& context, const PodRecord& pod, const std::vector<network::Port>& known,
                          const std::vector<network::Port>& added);
common::Result<> DropPorts(Context& context, const std::string& pod_id, const std::vector<network::Port>& leaving);

}  // namespace skiff::pod
