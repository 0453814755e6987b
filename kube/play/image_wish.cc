#include "kube/play/image_wish.h"

namespace skiff::kube {
namespace {

constexpr const char* kDockerConfigType = "kubernetes.io/dockerconfigjson";
constexpr const char* kDockerCfgType = "kubernetes.io/dockercfg";

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
    const Secret* secret = (*found)->As<Secret>();
    const char* key = secret == nullptr                    ? nullptr
                      : secret->type == kDockerConfigType ? ".dockerconfigjson"
                      : secret->type == kDockerCfgType    ? ".dockercfg"
                                                          : nullptr;
    const auto data = key != nullptr ? secret->data.find(key) : BytesMap::const_iterator();
    if (key == nullptr || data == secret->data.end())
      problems.Warning(path, fmt::format("Secret \"{}\" holds no login: its type must be {} with the key .dockerconfigjson, or {} "
                                         "with the key .dockercfg",
                                         references[i].name, kDockerConfigType, kDockerCfgType));
    else contents.push_back(data->second.data);
  }
  return contents;
}

std::string ImageErrorReason(const ImageWish& wish) { return wish.policy == "Never" ? "ErrImageNeverPull" : "ErrImagePull"; }

}  // namespace skiff::kube
