// PodBackend over pod::Engine.
#pragma once

#include "kube/play/backend.h"

namespace skiff::kube {

// Each call of the factory opens an Engine with these options.
BackendFactory EngineBackendFactory(pod::EngineOptions options);

}  // namespace skiff::kube
