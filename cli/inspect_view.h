// The documents of inspect, with podman's member names.
#pragma once

#include <string>
#include <vector>

#include "common/json.h"
#include "common/result.h"
#include "image/store.h"
#include "pod/engine.h"

namespace skiff::cli {

// What a container inspection is made of; `image` is null when the image is gone.
struct ContainerSource {
  const pod::ContainerInfo& container;
  const pod::PodInfo& pod;
  const image::Image* image;
  const common::SystemPaths& paths;
  std::string runtime;
};
common::JsonValue ContainerInspectJson(const ContainerSource& source, common::JsonBuilder& builder);
common::Result<common::JsonValue> ImageInspectJson(const image::Image& image, const image::Store& store,
                                                   common::JsonBuilder& builder);
common::JsonValue VolumeJson(const pod::Engine::VolumeInfo& volume, common::JsonBuilder& builder);

// {"80/tcp": [{"HostIp": "", "HostPort": "8080"}]}
common::JsonValue PortBindings(const std::vector<pod::PortMapping>& ports, common::JsonBuilder& builder);

}  // namespace skiff::cli
