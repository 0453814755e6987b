// Sockets that keep the host ports of Services from other programs, and take what arrives on [::1], which the kernel cannot
// translate. No process lives as long as a Service does: the reaper of one of its pods has them, and when that pod ends,
// another one's.
#pragma once

#include <vector>

#include "common/result.h"
#include "network/service/service.h"
#include "pod/context.h"

namespace skiff::pod {

// Callers take turns by a lock of their own. Ports of Services without a pod of ours behind them are held by nobody. Goes on
// after errors and returns the first; kExists: the port is in use, and by whom.
common::Result<> HoldServicePorts(Context& context, const std::vector<network::ServiceRule>& rules);

// The pod's reaper was killed: whatever it held for Services is to be held anew.
common::Result<> ForgetServicePorts(const Context& context, const std::string& pod_id);

}  // namespace skiff::pod
