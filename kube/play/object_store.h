// Applied objects in the state store.
#pragma once

#include <optional>
#include <string>

#include "common/result.h"
#include "kube/play/backend.h"
#include "kube/play/object_key.h"

namespace skiff::kube {

struct Stored {
  std::string uid;
  bool existed = false;
  bool changed = false;  // the definition differs from what was stored
};

// kInvalid: the object of an earlier call differs in a field that Kubernetes does not let change (a Deployment's selector, a
// Secret's type, a claim's spec but for its size), or has `immutable` set and other contents.
common::Result<> RequireMutable(PodBackend& backend, const Object& object);

// Writes the object unless the same is there already. `uid` empty: the stored one, else a new one.
common::Result<Stored> StoreObject(PodBackend& backend, const Object& object, const std::string& uid = "");

// kNotFound; other errors when the stored text cannot be read.
common::Result<Object> LoadObject(PodBackend& backend, const ObjectReader& read, const ObjectKey& key);

}  // namespace skiff::kube
