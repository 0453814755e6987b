// A pod whose reaper and supervisor were killed runs on, but nobody probes it or starts it again: another reaper takes over.
#pragma once

#include <string>

#include "common/result.h"
#include "pod/context.h"

namespace skiff::pod {

// The caller holds the pod's OperationLock. False: there is nothing that could be taken over. kBusy: somebody else does it.
common::Result<bool> AdoptPod(Context& context, const std::string& pod_id);

}  // namespace skiff::pod
