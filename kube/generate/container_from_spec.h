// A container that was made by `run` as a Kubernetes container.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "image/image.h"
#include "kube/model/types/container.h"
#include "kube/model/types/volume.h"
#include "pod/engine.h"

namespace skiff::kube {

struct ContainerFromSpecResult {
  Container container;
  std::vector<Volume> volumes;  // further ones, for its tmpfs mounts
  std::vector<std::string> warnings;
};

// `volume_names`: from those of the pod's spec to those of the manifest. What `image` says anyway is left out.
ContainerFromSpecResult ContainerFromSpec(const pod::ContainerInfo& info,
                                          const std::map<std::string, std::string>& volume_names,
                                          const std::optional<image::ImageConfig>& image);

void AddPorts(const std::vector<pod::PortMapping>& ports, Container& container);

}  // namespace skiff::kube
