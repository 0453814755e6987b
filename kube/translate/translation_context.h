// What every step of the translation of one pod sees.
#pragma once

#include <string>

#include "kube/model/types/pod.h"
#include "kube/translate/config_source.h"
#include "kube/translate/node.h"
#include "kube/translate/problems.h"

namespace skiff::kube {

// Who the pod is; for a Deployment's pods this is not in the manifest.
struct PodIdentity {
  std::string name;
  std::string kube_namespace;
  std::string uid;
  StringMap labels;
  StringMap annotations;
};

struct TranslationContext {
  const PodSpec& spec;
  const PodIdentity& identity;
  std::string spec_path;  // "spec" of a Pod, "spec.template.spec" of a Deployment
  const NodeInfo& node;
  ConfigSource& config;
  Problems& problems;
};

}  // namespace skiff::kube
