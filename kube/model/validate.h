// Rules across fields (kube-semantics 2, 3, 12), checked after defaulting, in Kubernetes' words.
#pragma once

#include <vector>

#include "kube/model/check.h"
#include "kube/model/types/object.h"

namespace skiff::kube {

// Appends errors and warnings with the places that `object.source` knows.
void Validate(const Object& object, std::vector<Finding>& findings);

}  // namespace skiff::kube
