// YAML and JSON text into trees of values. The only place that sees yaml-cpp; its exceptions stop here.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kube/model/value.h"

namespace skiff::manifests {

// What is wrong with the text itself.
struct SyntaxError {
  kube::Mark mark;
  std::string message;
};

struct YamlText {
  std::vector<kube::Value> documents;  // empty ones are left out
  std::vector<SyntaxError> errors;     // duplicate keys; at most one that ended the reading
};

// Reads all documents as Kubernetes does: YAML 1.1 scalars (yes, on, 0644), anchors, aliases, merge keys.
// Texts nested deeper than 100 levels, and those whose aliases unfold to more than a million values, are
// refused.
YamlText ReadYaml(const std::string& text);

}  // namespace skiff::manifests
