// apps/v1 Deployment.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "kube/model/types/meta.h"
#include "kube/model/types/pod.h"

namespace skiff::kube {

struct RollingUpdateDeployment {
  std::optional<IntOrString> max_unavailable;  // default 25%
  std::optional<IntOrString> max_surge;        // default 25%
};

struct DeploymentStrategy {
  std::string type;  // RollingUpdate (default), Recreate
  std::optional<RollingUpdateDeployment> rolling_update;
};

struct DeploymentSpec {
  std::optional<int32_t> replicas;  // 1 after loading
  std::optional<LabelSelector> selector;
  PodTemplateSpec pod_template;
  DeploymentStrategy strategy;
  int32_t min_ready_seconds = 0;
  std::optional<int32_t> revision_history_limit;
  bool paused = false;
  std::optional<int32_t> progress_deadline_seconds;
};

struct Deployment {
  static constexpr const char* kKind = "Deployment";
  static constexpr const char* kApiVersion = "apps/v1";
  ObjectMeta metadata;
  DeploymentSpec spec;
};

}  // namespace skiff::kube
