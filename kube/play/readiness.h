// Whether pods are ready or done, and what holds them back.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pod/engine.h"

namespace skiff::kube {

bool IsReady(const pod::PodInfo& pod);
// Succeeded or Failed: nothing of it will run again.
bool IsOver(const pod::PodInfo& pod);

// One sentence per container that is not ready, with the last failure of its probe:
// `container "main": Readiness probe failed: HTTP probe failed with statuscode: 503`.
std::vector<std::string> WhyNotReady(const pod::PodInfo& pod);

// The exit code of the container that was the first of all to fail for good; 0: none did. Sidecars do not
// count.
int FirstFailure(const std::vector<pod::PodInfo>& pods);

}  // namespace skiff::kube
