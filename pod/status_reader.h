// What a pod's state is, from one or two small files, without asking anybody.
#pragma once

#include <string>

#include "common/result.h"
#include "pod/context.h"
#include "pod/supervisor/status.h"

namespace skiff::pod {

// Running pods: status.json. Ended ones: final.json. A pod that was started, does not live and has said no last word (a
// reboot, a killed reaper) is "exited" with reason ContainerStatusUnknown. Never started: "created".
// A pod that runs on although its reaper was killed is as it was last, as far as its processes live, and is taken over by a
// command that this starts (adopt.h).
common::Result<supervisor::PodStatus> ReadPodStatus(const Context& context, const std::string& pod_id);

// The status of one container in it; "created" when the pod's supervisor has not heard of it.
supervisor::ContainerStatus StatusOf(const supervisor::PodStatus& pod, const std::string& container_id,
                                     const std::string& container_name);

}  // namespace skiff::pod
