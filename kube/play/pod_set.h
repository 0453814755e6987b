// The pods that one Pod or Deployment asks for.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kube/play/object_key.h"
#include "kube/translate/config_source.h"
#include "kube/translate/node.h"
#include "kube/translate/problems.h"
#include "pod/spec.h"

namespace skiff::kube {

// What all pods of one call have in common.
struct PodSettings {
  std::optional<pod::NetworkSpec> network;  // as in PlayOptions
  NodeInfo node;
  ConfigSource& config;
};

class PodSet {
 public:
  // `object` is a Pod or a Deployment and has to outlive this.
  explicit PodSet(const Object& object);

  const Object& object() const { return object_; }
  const ObjectKey& key() const { return key_; }
  const PodSpec& spec() const { return *spec_; }
  bool is_deployment() const { return is_deployment_; }
  size_t replicas() const { return replicas_; }
  std::string spec_path() const { return is_deployment_ ? "spec.template.spec" : "spec"; }
  // What --publish adds; only the first pod holds host ports, as there is one host.
  void Publish(const pod::PortMapping& port) { published_.push_back(port); }
  const std::vector<pod::PortMapping>& published() const { return published_; }
  // In place of PodSettings::network.
  void UseNetwork(pod::NetworkSpec network) { network_ = std::move(network); }

  // Everything that can be wrong is found here, before any pod is made.
  void Resolve(const PodSettings& settings, Problems& problems);
  // After Resolve: tells whether a running pod is what is wanted. It covers the contents of ConfigMaps and Secrets too,
  // as those are resolved when a pod is made.
  const std::string& Revision(size_t index) const { return index == 0 ? first_revision_ : other_revision_; }
  // A new pod in that place, with a name and uid of its own.
  pod::PodSpec NewPod(size_t index, const PodSettings& settings) const;

 private:
  pod::PodSpec Translate(const std::string& name, const std::string& uid, size_t index, const PodSettings& settings,
                         Problems& problems) const;

  const Object& object_;
  ObjectKey key_;
  const PodSpec* spec_ = nullptr;
  StringMap labels_;
  StringMap annotations_;
  std::string template_hash_;  // of a Deployment
  bool is_deployment_ = false;
  size_t replicas_ = 1;
  std::vector<pod::PortMapping> published_;
  std::optional<pod::NetworkSpec> network_;
  std::string first_revision_;
  std::string other_revision_;
};

}  // namespace skiff::kube
