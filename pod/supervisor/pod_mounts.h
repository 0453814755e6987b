// What the pod's containers share: memory volumes, /dev/shm, and the runtime's program on a read-only mount.
#pragma once

#include <string>

#include "common/result.h"
#include "pod/supervisor/plan.h"

namespace skiff::supervisor {

common::Result<> MountPodVolumes(const PodPlan& plan);
// /dev/shm as new: in Kubernetes it is a part of the sandbox.
common::Result<> RenewSharedMemory(const PodPlan& plan);
void TryUnmountPodVolumes(const PodPlan& plan);

// The runtime bound read-only into the run directory: crun on a read-only mount does not copy and execute itself a second
// time (its protection against CVE-2019-5736), which halves its start. Returns the path there.
common::Result<std::string> MountRuntime(const PodPlan& plan);
// Where MountRuntime has put it.
common::Result<std::string> MountedRuntime(const PodPlan& plan);

}  // namespace skiff::supervisor
