#include "cli/image/container_layers.h"

#include "common/file.h"
#include "pod/pod_layout.h"

namespace skiff::cli {

using common::Result;

Result<ContainerLayers> FindContainerLayers(pod::Engine& engine, const std::string& container_id) {
  ASSIGN_OR_RETURN(const pod::ContainerInfo container, engine.InspectContainer(container_id));
  ASSIGN_OR_RETURN(const image::Image image, engine.images().Find(container.image_id), "the image of container {}", container.name);
  ContainerLayers layers;
  ASSIGN_OR_RETURN(layers.lower, engine.images().LowerDirs(image));
  const std::string upper = pod::PodLayout(engine.paths(), container.pod_id).Writable(container.id) + "/upper";
  if (common::PathExists(upper)) layers.upper = upper;
  return layers;
}

}  // namespace skiff::cli
