// Kinds as kubectl's commands name them: pods, po, pod, deployments.apps.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace skiff::kube {

struct ResourceKind {
  std::string_view kind;      // "Deployment"
  std::string_view singular;  // "deployment"
  std::string_view plural;    // "deployments"
  std::string_view aliases;   // "deploy", several divided by spaces
  std::string_view group;     // "apps", empty: core
  bool namespaced = true;

  // "deployment.apps", "pod": in front of a name in output.
  std::string QualifiedSingular() const;
  // "deployments.apps", "pods": in messages.
  std::string QualifiedPlural() const;
};

// By any of its names, whatever the case; null when there is no such kind.
const ResourceKind* FindResourceKind(std::string_view word);
std::span<const ResourceKind> ResourceKinds();
// What "all" stands for.
std::span<const std::string_view> KindsOfAll();

}  // namespace skiff::kube
