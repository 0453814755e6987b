// `kube generate`: the Kubernetes objects that play again to what runs. Writing them as YAML is the work of manifests/.
#pragma once

#include <string>
#include <vector>

#include "common/result.h"
#include "kube/backend.h"

namespace skiff::kube {

struct Object;

enum class GenerateType { kPod, kDeployment };

struct GenerateOptions {
  bool service = false;  // -s: a Service of type NodePort in front
  GenerateType type = GenerateType::kPod;
  int replicas = 1;      // of a Deployment
};

struct Generated {
  std::string header;  // comment lines, each starting with "# "
  std::vector<Object> objects;
  std::vector<std::string> warnings;
};

// `names` are pods, containers outside of pods, and named volumes. kNotFound, or kInvalid for a container inside a pod.
common::Result<Generated> Generate(const std::vector<std::string>& names, const GenerateOptions& options,
                                   PodBackend& backend);

}  // namespace skiff::kube
