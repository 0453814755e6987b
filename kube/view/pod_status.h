// The status of a Pod as Kubernetes reports it (kube-semantics.md 7.5), made of what the pod's supervisor
// publishes.
#pragma once

#include <string>
#include <string_view>

#include "kube/model/value.h"
#include "kube/translate/cgroup_values.h"
#include "pod/engine.h"

namespace skiff::kube {

// Pending, Running, Succeeded or Failed.
std::string_view PodPhase(const pod::PodInfo& pod);

// The whole `status` of the object. `host_ip` empty: not known.
Value PodStatusOf(const pod::PodInfo& pod, QosClass qos, const std::string& host_ip);

// Why a container has not been started yet.
std::string WaitingReason(const pod::PodInfo& pod, const pod::ContainerInfo& container);

// True, False or Unknown; empty when the object has no such condition. The type's case does not matter.
std::string ConditionStatus(const Value& object, std::string_view type);

// The columns READY, STATUS and RESTARTS of `get pods`, from a Pod with its status.
struct PodSummary {
  int ready = 0;
  int total = 0;  // containers and sidecars
  std::string status;
  int64_t restarts = 0;
  std::string last_restart;  // RFC 3339; empty: none
};
PodSummary SummarizePod(const Value& pod);

}  // namespace skiff::kube
