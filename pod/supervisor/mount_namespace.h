// The mount namespace of a pod, held by its reaper: overlays and memory volumes live only there, so that they vanish with
// the pod whatever kills it and the host's mount table stays small.
#pragma once

#include "common/result.h"
#include "pod/supervisor/plan.h"

namespace skiff::supervisor {

// Moves this process into a new mount namespace. Mounts of the host still arrive in it; with plan.shared_propagation also
// the other way round. Mounts below run_dir and state_dir always stay inside.
common::Result<> EnterPodMountNamespace(const PodPlan& plan);

// Takes back what EnterPodMountNamespace mounted, so that the directories can be removed. Best effort: the kernel does
// the same when the last process of the namespace ends (not for the host's copies under shared propagation).
void TryLeavePodDirectories(const PodPlan& plan);

}  // namespace skiff::supervisor
