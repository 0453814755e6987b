// The start of a pod: from its record to running containers (spine.md and protocol.h).
#pragma once

#include <functional>
#include <string>

#include "common/result.h"
#include "pod/context.h"

namespace skiff::pod {

struct LaunchRequest {
  std::string pod_id;
  // Containers that shall wait for a "start" over the control socket.
  std::function<bool(const ContainerRecord&)> held;
  std::function<void(const std::string&)> warn;  // may be empty
};

// The pod is not alive and nothing of an earlier run is left; the caller hands over its lock, which is released as soon as
// other commands can work with the pod. On error everything is taken back.
common::Result<> Launch(Context& context, const LaunchRequest& request, OperationLock lock);

}  // namespace skiff::pod
