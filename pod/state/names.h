// Names of containers and pods: what is shown and what is allowed.
#pragma once

#include <string>

#include "pod/spec.h"

namespace skiff::pod {

// The name that ps shows and commands take. Pods from YAML: "POD-CONTAINER" as podman does it, in another namespace than
// "default" "NAMESPACE.POD-CONTAINER". Otherwise the container's own name.
std::string ShownContainerName(const PodSpec& pod, const std::string& container);

// "NAMESPACE/NAME", without the namespace when it is "default".
std::string ShownPodName(const PodSpec& pod);

// Names that podman accepts: [a-zA-Z0-9][a-zA-Z0-9_.-]*.
bool IsValidName(const std::string& name);

}  // namespace skiff::pod
