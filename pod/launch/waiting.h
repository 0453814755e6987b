// Pods some of whose images cannot be had: what is shown of them, and the way on once the images are there.
#pragma once

#include <string>
#include <vector>

#include "common/result.h"
#include "pod/context.h"
#include "pod/engine.h"
#include "pod/pod_layout.h"
#include "pod/state/state_store.h"

namespace skiff::pod {

// The status that the supervisor of a pod that runs would write, and the kubelet's events.
common::Result<> RecordWaiting(const PodLayout& layout, const std::string& pod_id, const std::vector<ContainerRecord>& containers,
                               const std::vector<Engine::ImageFailure>& failures);

// Completes the records of those of the pod's containers that wait, from images that have come since. kNotFound: one is still not there.
// Nothing for those that do not wait. The caller holds the pod's lock.
common::Result<> ResolveWaiting(Context& context, const PodRecord& pod, std::vector<ContainerRecord>& containers);

}  // namespace skiff::pod
