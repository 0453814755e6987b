// A pod that was made by `run` or `pod create` as a Kubernetes Pod: the way back from pod::PodSpec.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "image/image.h"
#include "kube/model/types/pod.h"
#include "pod/engine.h"

namespace skiff::kube {

struct PodFromSpecResult {
  Pod pod;
  std::vector<std::string> claims;    // named volumes that it mounts
  std::vector<std::string> warnings;  // what Kubernetes has no words for
};

// Null when the image is gone; then everything that the image may have said is written out.
using ImageLookup = std::function<std::optional<image::ImageConfig>(const std::string& reference)>;

// `name` is that of the Kubernetes Pod.
PodFromSpecResult PodFromSpec(const pod::PodInfo& info, const std::string& name, const ImageLookup& image);

// Text that $(NAME) expansion turns back into `text`.
std::string EscapeExpansion(const std::string& text);
// A name that Kubernetes takes for containers and volumes: lower case, dashes, at most 63 characters.
std::string ToLabel(const std::string& name);

}  // namespace skiff::kube
