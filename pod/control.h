// Requests to the supervisors of living pods.
#pragma once

#include <functional>
#include <string>

#include "common/result.h"
#include "pod/context.h"
#include "pod/supervisor/protocol.h"

namespace skiff::pod {

// One request, one answer. kNotFound: the pod does not live.
common::Result<supervisor::ControlReply> Ask(const Context& context, const std::string& pod_id,
                                             const supervisor::ControlRequest& request);

// The pod lives and takes requests. One that is just ending is waited for, so that false means that nothing of it runs.
common::Result<bool> IsWorking(const Context& context, const std::string& pod_id);

// Calls `request` if the pod lives. False: it does not, or ended meanwhile, and nothing of it runs.
common::Result<bool> IfWorking(const Context& context, const std::string& pod_id,
                               const std::function<common::Result<>()>& request);

// Starts a container that is held or has ended, or that the supervisor does not know yet. The caller holds the pod's lock.
common::Result<> StartInLivingPod(Context& context, const ContainerRecord& container, bool held = false);

}  // namespace skiff::pod
