// Small Kubernetes objects for tests.
#pragma once

#include <string>

#include "kube/model/types/object.h"

namespace skiff::kube {

inline Object MakePod(const std::string& name, const std::string& argument = "1000") {
  Pod pod;
  pod.metadata.name = name;
  pod.metadata.labels = {{"app", name}};
  pod.spec.restart_policy = "Always";
  pod.spec.containers.push_back({.name = "main", .image = "localhost/busybox:latest", .command = {"sleep", argument}});
  return {.body = std::move(pod)};
}

inline Object MakeDeployment(const std::string& name, int replicas, const std::string& argument = "1000") {
  Deployment deployment;
  deployment.metadata.name = name;
  deployment.spec.replicas = replicas;
  deployment.spec.selector.emplace().match_labels = {{"app", name}};
  deployment.spec.pod_template.metadata.labels = {{"app", name}};
  deployment.spec.pod_template.spec = MakePod(name, argument).As<Pod>()->spec;
  return {.body = std::move(deployment)};
}

inline Object MakeConfigMap(const std::string& name, StringMap data) {
  ConfigMap config_map;
  config_map.metadata.name = name;
  config_map.data = std::move(data);
  return {.body = std::move(config_map)};
}

inline Object MakeSecret(const std::string& name, const StringMap& data) {
  Secret secret;
  secret.metadata.name = name;
  for (const auto& [key, value] : data) secret.data[key] = {value};
  return {.body = std::move(secret)};
}

inline Object MakeClaim(const std::string& name) {
  PersistentVolumeClaim claim;
  claim.metadata.name = name;
  return {.body = std::move(claim)};
}

inline Container& FirstContainer(Object& pod) { return pod.As<Pod>()->spec.containers.front(); }

}  // namespace skiff::kube
