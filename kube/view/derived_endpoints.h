// Endpoints and EndpointSlices as a cluster's controllers write them: those of Services with a selector, and slices with what
// is in Endpoints that somebody wrote for a Service without one.
#pragma once

#include <vector>

#include "common/result.h"
#include "kube/model/value.h"
#include "kube/play/backend.h"

namespace skiff::kube {

// One Endpoints object per Service with a selector, sorted by namespace and name.
common::Result<std::vector<Value>> DerivedEndpoints(PodBackend& backend);
// At least one EndpointSlice object per such Service and family, and one per subset and family of Endpoints without selector.
common::Result<std::vector<Value>> DerivedEndpointSlices(PodBackend& backend);

}  // namespace skiff::kube
