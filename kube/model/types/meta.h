// Kubernetes' common parts: meta/v1 ObjectMeta, LabelSelector and small helpers. Field names and meanings are
// those of the Kubernetes API reference; an empty string, list, map or optional means "not given".
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "kube/model/value.h"

namespace skiff::kube {

using StringMap = std::map<std::string, std::string>;

// A count or a percentage ("25%"), a port number or a port name.
struct IntOrString {
  bool is_string = false;
  int32_t number = 0;
  std::string text;
};

struct OwnerReference {
  std::string api_version;
  std::string kind;
  std::string name;
  std::string uid;
  std::optional<bool> controller;
  std::optional<bool> block_owner_deletion;
};

// What only a server writes (resourceVersion, managedFields, ...) is accepted and dropped.
struct ObjectMeta {
  std::string name;
  std::string generate_name;
  std::string kube_namespace;  // "default" after loading
  std::string uid;
  std::string creation_timestamp;  // RFC 3339
  StringMap labels;
  StringMap annotations;
  std::vector<OwnerReference> owner_references;
  std::vector<std::string> finalizers;
};

struct LabelSelectorRequirement {
  std::string key;
  std::string op;  // In, NotIn, Exists, DoesNotExist
  std::vector<std::string> values;
};

struct LabelSelector {
  StringMap match_labels;
  std::vector<LabelSelectorRequirement> match_expressions;

  bool IsEmpty() const { return match_labels.empty() && match_expressions.empty(); }
  // An empty selector matches everything.
  bool Matches(const StringMap& labels) const;
};

struct LocalObjectReference {
  std::string name;
};

}  // namespace skiff::kube
