// ConfigMaps and Secrets that a pod may refer to: those of the manifest, of --configmap, and of earlier calls.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "kube/model/types/object.h"
#include "kube/play/object_key.h"

namespace skiff::kube {

class ConfigSource {
 public:
  // Finds what earlier calls stored; kNotFound: there is none.
  using Fallback = std::function<common::Result<Object>(const ObjectKey& key)>;

  // The objects have to outlive this; of two with one name the first added wins.
  void Add(const std::vector<Object>& objects);
  void SetFallback(Fallback fallback) { fallback_ = std::move(fallback); }

  // kNotFound names what is missing and what to do; `key` is of kind ConfigMap or Secret.
  common::Result<const Object*> Find(const ObjectKey& key);

 private:
  std::map<ObjectKey, const Object*> objects_;
  std::map<ObjectKey, Object> stored_;
  Fallback fallback_;
};

// Contents by key: data and, of a ConfigMap unless `text_only`, binaryData.
std::map<std::string, std::string> ConfigContents(const Object& object, bool text_only);
// ", did you mean ...?" for a key that is not there, or nothing.
std::string DidYouMeanKey(std::string_view key, const std::map<std::string, std::string>& contents);

}  // namespace skiff::kube
