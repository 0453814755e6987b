#include "kube/translate/config_source.h"

#include "kube/model/text.h"

namespace skiff::kube {

void ConfigSource::Add(const std::vector<Object>& objects) {
  for (const Object& object : objects) {
    if (object.As<ConfigMap>() || object.As<Secret>()) objects_.emplace(KeyOf(object), &object);
  }
}

common::Result<const Object*> ConfigSource::Find(const ObjectKey& key) {
  if (const auto found = objects_.find(key); found != objects_.end()) return found->second;
  if (const auto found = stored_.find(key); found != stored_.end()) return &found->second;
  if (fallback_) {
    auto object = fallback_(key);
    if (object) return &stored_.emplace(key, std::move(*object)).first->second;
    if (object.error().code() != common::ErrorCode::kNotFound) return std::move(object).error();
  }
  const char* remedy = key.kind == "ConfigMap" ? "add it to the manifest, play it before, or name its file with --configmap"
                                               : "add it to the manifest or play it before";
  return MakeError(common::ErrorCode::kNotFound, "{} \"{}\" not found in namespace \"{}\"; {}", key.kind, key.name,
                   key.kube_namespace, remedy);
}

std::string DidYouMeanKey(std::string_view key, const std::map<std::string, std::string>& contents) {
  std::vector<std::string_view> keys;
  for (const auto& [known, content] : contents) keys.emplace_back(known);
  return DidYouMean(key, keys);
}

std::map<std::string, std::string> ConfigContents(const Object& object, bool text_only) {
  std::map<std::string, std::string> contents;
  if (const auto* secret = object.As<Secret>()) {
    for (const auto& [key, bytes] : secret->data) contents[key] = bytes.data;
    for (const auto& [key, text] : secret->string_data) contents[key] = text;
  } else if (const auto* config_map = object.As<ConfigMap>()) {
    contents = config_map->data;
    if (text_only) return contents;
    for (const auto& [key, bytes] : config_map->binary_data) contents[key] = bytes.data;
  }
  return contents;
}

}  // namespace skiff::kube
