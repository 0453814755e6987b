#include "kube/play/object_key.h"

#include "common/ids.h"
#include "kube/model/encode.h"

namespace skiff::kube {

std::string NamespaceOf(const ObjectMeta& metadata) {
  return metadata.kube_namespace.empty() ? "default" : metadata.kube_namespace;
}

ObjectKey KeyOf(const Object& object) {
  const ObjectMeta& metadata = object.metadata();
  return {std::string(object.kind()), NamespaceOf(metadata), metadata.name};
}

std::set<ObjectKey> KeysOf(const std::vector<Object>& objects) {
  std::set<ObjectKey> keys;
  for (const Object& object : objects) keys.insert(KeyOf(object));
  return keys;
}

std::string PodTemplateHash(const PodTemplateSpec& pod_template) {
  return common::SafeHash(Encode(pod_template).ToJson());
}

std::string ReplicaName(const std::string& deployment, const std::string& template_hash) {
  return (deployment + "-" + template_hash + "-").substr(0, 58) + common::RandomSuffix();
}

std::string ClaimVolumeName(const std::string& kube_namespace, const std::string& claim) {
  // An underscore cannot be part of a claim's name, so no two claims meet.
  return kube_namespace == "default" ? claim : kube_namespace + "_" + claim;
}

}  // namespace skiff::kube
