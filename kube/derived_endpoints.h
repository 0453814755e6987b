// Endpoints of Services with a selector, as a cluster's controller writes them.
#pragma once

#include <vector>

#include "common/result.h"
#include "kube/backend.h"
#include "kube/value.h"

namespace skiff::kube {

// One Endpoints object per such Service, sorted by namespace and name.
common::Result<std::vector<Value>> DerivedEndpoints(PodBackend& backend);

}  // namespace skiff::kube
