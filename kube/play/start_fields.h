// Where a manifest says what keeps its pod from starting.
#pragma once

#include <string>

#include "kube/play/pod_set.h"
#include "pod/engine.h"

namespace skiff::kube {

// The path of the field, or of what is nearest to it in the object.
std::string FieldOf(const PodSet& set, const pod::StartProblem& problem);

}  // namespace skiff::kube
