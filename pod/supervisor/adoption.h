// A pod whose reaper was killed runs on, watched by nobody. Another reaper can take it over: the infra process holds the mount
// namespace, all else has a name in the file system.
#pragma once

#include "common/result.h"
#include "pod/supervisor/plan.h"
#include "pod/supervisor/status.h"

namespace skiff::supervisor {

// Whether the pod was running, or was being stopped. Not while it was still being started: its launcher takes it down.
bool WasLaunched(const PodPlan& plan, const PodStatus& status);
// Whether there is something to take over. The infra process is needed to find it.
bool CanBeAdopted(const PodPlan& plan, const PodStatus& status);

// Kills what the reaper and its supervisor have left of themselves and their helpers, save hooks, which go on, and waits for
// their end. The caller holds pod.lock and is spared. kTimeout.
common::Result<> EndProgramsOf(const PodPlan& plan, const PodStatus& status);

}  // namespace skiff::supervisor
