// The directories that a container's root file system is made of.
#pragma once

#include <string>
#include <vector>

#include "common/result.h"
#include "pod/engine.h"

namespace skiff::cli {

struct ContainerLayers {
  std::string upper;               // what it wrote; empty: it was never started
  std::vector<std::string> lower;  // its image's, top first
};

// kNotFound: its image is gone.
common::Result<ContainerLayers> FindContainerLayers(pod::Engine& engine, const std::string& container_id);

}  // namespace skiff::cli
