// The mount namespace of a pod: overlays and memory volumes live only there, so that they vanish with the pod whatever kills
// it and the host's mount table stays small. Its reaper made it, and the infra process has a descriptor of it, so that
// another reaper finds it when the first was killed.
#pragma once

#include <sys/types.h>

#include "common/result.h"
#include "common/unique_fd.h"
#include "pod/supervisor/plan.h"

namespace skiff::supervisor {

// Moves this process into a new mount namespace. Mounts of the host still arrive in it; with plan.shared_propagation also
// the other way round. Mounts below run_dir and state_dir always stay inside.
common::Result<> EnterPodMountNamespace(const PodPlan& plan);

common::Result<common::UniqueFd> OwnMountNamespace();
// kNotFound: the process has no such descriptor.
common::Result<common::UniqueFd> FindPodMountNamespace(pid_t infra);
common::Result<> JoinPodMountNamespace(const common::UniqueFd& mounts);

// Takes back what EnterPodMountNamespace mounted, so that the directories can be removed. Best effort: the kernel does
// the same when the last process of the namespace ends (not for the host's copies under shared propagation).
void TryLeavePodDirectories(const PodPlan& plan);

}  // namespace skiff::supervisor
