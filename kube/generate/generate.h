// `kube generate`: the Kubernetes objects that play again to what runs. Writing them as YAML is the work of
// manifests::WriteYaml.
#pragma once

#include <string>
#include <vector>

#include "common/result.h"
#include "kube/model/types/object.h"
#include "kube/model/value.h"
#include "kube/play/backend.h"

namespace skiff::kube {

enum class GenerateType { kPod, kDeployment };

struct GenerateOptions {
  bool service = false;  // -s: a Service of type NodePort in front of each pod with ports
  GenerateType type = GenerateType::kPod;
  int replicas = 1;      // of a Deployment
  ObjectReader read_object;
};

struct Generated {
  std::string header;  // comment lines, each starting with "# "
  std::vector<Value> documents;  // in the order in which they are to be written, "---" between them
  std::vector<std::string> warnings;  // what Kubernetes has no words for
};

// `names` are pods, Deployments that were played, containers outside of pods, and named volumes; "NAMESPACE/NAME" outside of
// the default namespace. kNotFound, or kInvalid for a container inside a pod.
common::Result<Generated> Generate(const std::vector<std::string>& names, const GenerateOptions& options,
                                   PodBackend& backend);

}  // namespace skiff::kube
