// How objects are named in messages, owners of pods and look-ups.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "kube/model/types/object.h"

namespace skiff::kube {

struct ObjectKey {
  std::string kind;
  std::string kube_namespace;
  std::string name;

  auto operator<=>(const ObjectKey&) const = default;
  // "Deployment/default/web": the owner in pod::PodSpec.
  std::string ToString() const { return kind + "/" + kube_namespace + "/" + name; }
};

// An object without namespace is in "default".
ObjectKey KeyOf(const Object& object);
std::set<ObjectKey> KeysOf(const std::vector<Object>& objects);
std::string NamespaceOf(const ObjectMeta& metadata);

// Of a Deployment's template; tells its generations apart in the names of pods.
std::string PodTemplateHash(const PodTemplateSpec& pod_template);
inline constexpr char kTemplateHashLabel[] = "pod-template-hash";  // of a Deployment's pods
// "<deployment>-<hash>-<5 random characters>"; the base is cut to 58 characters as the API server does.
std::string ReplicaName(const std::string& deployment, const std::string& template_hash);
// The volume behind a claim: its name, outside of the default namespace with "NAMESPACE_" in front.
std::string ClaimVolumeName(const std::string& kube_namespace, const std::string& claim);

}  // namespace skiff::kube
