// Endpoints and EndpointSlices of Services with a selector, as a cluster's controllers write them.
#pragma once

#include <vector>

#include "common/result.h"
#include "kube/model/value.h"
#include "kube/play/backend.h"

namespace skiff::kube {

// One Endpoints object per such Service, sorted by namespace and name.
common::Result<std::vector<Value>> DerivedEndpoints(PodBackend& backend);
// At least one EndpointSlice object per such Service and family.
common::Result<std::vector<Value>> DerivedEndpointSlices(PodBackend& backend);

}  // namespace skiff::kube
