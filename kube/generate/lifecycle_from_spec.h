// Probes and hooks of a container's spec as Kubernetes fields, for generate.
#pragma once

#include <string>
#include <vector>

#include "kube/model/types/container.h"
#include "pod/spec.h"

namespace skiff::kube {

// Sets probes, lifecycle and the restart policy of a sidecar. A health check of `run` becomes the liveness probe.
void AddLifecycle(const pod::ContainerSpec& spec, Container& out, std::vector<std::string>& warnings);

}  // namespace skiff::kube
