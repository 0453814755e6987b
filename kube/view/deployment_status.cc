#include "kube/view/deployment_status.h"

#include <algorithm>
#include <chrono>
#include <string>

#include "kube/model/tables/tables.h"
#include "kube/play/object_key.h"
#include "kube/translate/value_access.h"
#include "kube/view/pod_status.h"

namespace skiff::kube {
namespace {

bool Owns(const Value& deployment, const Value& pod) {
  if (TextAt(pod, "metadata.namespace") != TextAt(deployment, "metadata.namespace")) return false;
  for (const Value& owner : At(pod, "metadata.ownerReferences").items())
    if (TextAt(owner, "kind") == "Deployment" && TextAt(owner, "name") == TextAt(deployment, "metadata.name"))
      return true;
  return false;
}

bool IsAvailable(const Value& pod, int64_t min_ready_seconds, common::WallTime now) {
  if (ConditionStatus(pod, "Ready") != "True") return false;
  if (min_ready_seconds == 0) return true;
  for (const Value& condition : At(pod, "status.conditions").items()) {
    if (TextAt(condition, "type") != "Ready") continue;
    const auto since = common::ParseTime(TextAt(condition, "lastTransitionTime"));
    return since && now - *since >= std::chrono::seconds(min_ready_seconds);
  }
  return false;
}

// A count, or a percentage of the replicas, rounded down.
int64_t MaxUnavailable(const Value& deployment, int64_t replicas) {
  if (TextAt(deployment, "spec.strategy.type") == "Recreate") return replicas;
  const Value& limit = At(deployment, "spec.strategy.rollingUpdate.maxUnavailable");
  if (limit.is(Value::Kind::kInt)) return limit.int_value();
  const int64_t percent = IsNull(limit) ? 25 : std::strtol(limit.text().c_str(), nullptr, 10);
  return replicas * percent / 100;
}

Value Condition(std::string_view type, bool holds, std::string_view reason, std::string message,
                const std::string& since) {
  Value condition = Value::Map();
  condition.Set("lastTransitionTime", Value::String(since));
  condition.Set("lastUpdateTime", Value::String(since));
  condition.Set("message", Value::String(std::move(message)));
  condition.Set("reason", Value::String(std::string(reason)));
  condition.Set("status", Value::String(holds ? "True" : "False"));
  condition.Set("type", Value::String(std::string(type)));
  return condition;
}

}  // namespace

std::string TemplateHash(const Value& deployment) {
  PodTemplateSpec pod_template;
  DecodeStruct(Describe(static_cast<const PodTemplateSpec*>(nullptr)), At(deployment, "spec.template"),
               &pod_template);
  return PodTemplateHash(pod_template);
}

Value DeploymentStatusOf(const Value& deployment, const std::vector<Value>& pods, common::WallTime now) {
  const int64_t wanted = IntAt(deployment, "spec.replicas", 1);
  const int64_t min_ready = IntAt(deployment, "spec.minReadySeconds");
  const std::string hash = TemplateHash(deployment);
  int64_t replicas = 0, updated = 0, ready = 0, available = 0;
  std::string newest;  // change of readiness
  for (const Value& pod : pods) {
    const std::string& phase = TextAt(pod, "status.phase");
    if (!Owns(deployment, pod) || phase == "Failed" || phase == "Succeeded" ||
        !TextAt(pod, "metadata.deletionTimestamp").empty())
      continue;
    ++replicas;
    updated += TextAt(At(pod, "metadata.labels"), kTemplateHashLabel) == hash;
    ready += ConditionStatus(pod, "Ready") == "True";
    available += IsAvailable(pod, min_ready, now);
    for (const Value& condition : At(pod, "status.conditions").items())
      if (TextAt(condition, "type") == "Ready")
        newest = std::max(newest, TextAt(condition, "lastTransitionTime"));
  }
  const std::string since = newest.empty() ? TextAt(deployment, "metadata.creationTimestamp") : newest;
  const bool is_available = available >= wanted - MaxUnavailable(deployment, wanted);
  const bool complete = updated == wanted && available == wanted && replicas == wanted;
  Value conditions = Value::List();
  conditions.items().push_back(Condition(
      "Available", is_available, is_available ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
      is_available ? "Deployment has minimum availability."
                   : "Deployment does not have minimum availability.",
      since));
  conditions.items().push_back(
      Condition("Progressing", true, complete ? "NewReplicaSetAvailable" : "ReplicaSetUpdated",
                fmt::format("ReplicaSet \"{}-{}\" {}", TextAt(deployment, "metadata.name"), hash,
                            complete ? "has successfully progressed." : "is progressing."),
                since));
  Value status = Value::Map();
  if (available > 0) status.Set("availableReplicas", Value::Int(available));
  status.Set("conditions", std::move(conditions));
  if (ready > 0) status.Set("readyReplicas", Value::Int(ready));
  if (replicas > 0) status.Set("replicas", Value::Int(replicas));
  if (wanted > available) status.Set("unavailableReplicas", Value::Int(wanted - available));
  if (updated > 0) status.Set("updatedReplicas", Value::Int(updated));
  return status;
}

}  // namespace skiff::kube
