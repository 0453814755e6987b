// Relative hostPath volumes are relative to the folder of the manifest.
#pragma once

#include "kube/model/types/object.h"

namespace skiff::kube {

// Makes them absolute; for standard input relative to the working directory.
void MakeHostPathsAbsolute(Object& object);

// The pod spec of a Pod or of a Deployment's template; null for other kinds.
const PodSpec* PodSpecOf(const Object& object);
PodSpec* PodSpecOf(Object& object);

}  // namespace skiff::kube
