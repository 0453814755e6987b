// What becomes of a pod of Kubernetes' whose infra process has ended: the kubelet's rules for a pod whose sandbox has changed.
#pragma once

#include <vector>

#include "pod/supervisor/plan.h"
#include "pod/supervisor/status.h"

namespace skiff::supervisor {

// Whether a container that the end of the sandbox finds like this is to be started in the next one. Init containers run again;
// what has ended for good stays as it is.
bool BeginsAnew(const ContainerPlan& plan, const ContainerStatus& status);

// Whether there is a next sandbox at all: not for pods with restartPolicy Never, nor when none of the pod's own containers would be
// started in it. `containers` as they were when the sandbox ended.
bool GetsNewSandbox(const PodPlan& plan, const std::vector<ContainerStatus>& containers);

}  // namespace skiff::supervisor
