// Takes away what a pod's run has left: after its end, after a failed start, after a crash.
#pragma once

#include <string>

#include "common/result.h"
#include "pod/context.h"

namespace skiff::pod {

// The caller holds the pod's OperationLock and the pod's reaper has gone. Processes, cgroups and runtime state, network,
// then the run directory; the last status is kept as final.json. Goes on after errors and returns the first with the
// others. Everything may be missing.
common::Result<> CleanUpRun(Context& context, const std::string& pod_id);

// Waits for a reaper that is about to end, so that its mounts are gone.
common::Result<> AwaitReaper(const Context& context, const std::string& pod_id);

}  // namespace skiff::pod
