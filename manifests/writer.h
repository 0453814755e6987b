// Writes Kubernetes objects as YAML.
#pragma once

#include <string>
#include <vector>

#include "kube/model/encode.h"
#include "kube/model/types/object.h"
#include "kube/model/value.h"

namespace skiff::manifests {

// Strings are quoted exactly where a reader would take them for something else; several lines become block
// scalars.
std::string WriteYaml(const kube::Value& value);
std::string WriteYaml(const kube::Object& object, const kube::EncodeOptions& options = {});
// One document per object, divided by "---".
std::string WriteYaml(const std::vector<kube::Object>& objects, const kube::EncodeOptions& options = {});

}  // namespace skiff::manifests
