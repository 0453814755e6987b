// Stopping a pod whose lock the caller holds.
#pragma once

#include <optional>
#include <string>

#include "common/result.h"
#include "pod/context.h"

namespace skiff::pod {

// Graceful; returns when nothing of the pod runs and what its run left is gone. Not running is fine. `as_kubelet`: as in
// Engine::RemovePod.
common::Result<> StopLockedPod(Context& context, const std::string& pod_id, std::optional<int64_t> grace_s = {},
                               bool as_kubelet = false);

}  // namespace skiff::pod
