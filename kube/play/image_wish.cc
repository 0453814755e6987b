#include "kube/play/image_wish.h"

#include "kube/play/object_store.h"

namespace skiff::kube {
namespace {

constexpr const char* kDockerConfigType = "kubernetes.io/dockerconfigjson";
constexpr const char* kDockerCfgType = "kubernetes.io/dockercfg";

// nullptr: the object is no Secret that holds a login.
const std::string* LoginIn(const Object& object) {
  const Secret* secret = object.As<Secret>();
  if (secret == nullptr) return nullptr;
  const char* key = secret->type == kDockerConfigType ? ".dockerconfigjson" : secret->type == kDockerCfgType ? ".dockercfg" : nullptr;
  if (key == nullptr) return nullptr;
  const auto data = secret->data.find(key);
  return data == secret->data.end() ? nullptr : &data->second.data;
}

}  // namespace

std::vector<std::string> PullSecretsOf(const PodSet& set, ConfigSource& config, Problems& problems) {
  std::vector<std::string> contents;
  const auto& references = set.spec().image_pull_secrets;
  for (size_t i = 0; i < references.size(); ++i) {
    const std::string path = fmt::format("{}.imagePullSecrets[{}]", set.spec_path(), i);
    const auto found = config.Find({Secret::kKind, set.key().kube_namespace, references[i].name});
    if (!found) {
      problems.Warning(path, found.error().message());
      continue;
    }
    const std::string* login = LoginIn(**found);
    if (login == nullptr)
      problems.Warning(path, fmt::format("Secret \"{}\" holds no login: its type must be {} with the key .dockerconfigjson, or {} "
                                         "with the key .dockercfg",
                                         references[i].name, kDockerConfigType, kDockerCfgType));
    else contents.push_back(*login);
  }
  return contents;
}

std::vector<std::string> StoredPullSecrets(PodBackend& backend, const ObjectReader& read, const PullSecretNames& names) {
  std::vector<std::string> contents;
  for (const std::string& name : names.secrets) {
    const auto object = LoadObject(backend, read, {Secret::kKind, names.kube_namespace, name});
    if (!object) continue;
    if (const std::string* login = LoginIn(*object)) contents.push_back(*login);
  }
  return contents;
}

std::string ImageErrorReason(const ImageWish& wish) { return wish.policy == "Never" ? "ErrImageNeverPull" : "ErrImagePull"; }

}  // namespace skiff::kube
