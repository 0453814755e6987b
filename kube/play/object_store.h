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

// Writes the object unless the same is there already. `uid` empty: the stored one, else a new one. kInvalid: `immutable` is
// set and the contents differ (unless `replace`).
common::Result<Stored> StoreObject(PodBackend& backend, const Object& object, bool replace, const std::string& uid = "");

// kNotFound; other errors when the stored text cannot be read.
common::Result<Object> LoadObject(PodBackend& backend, const ObjectReader& read, const ObjectKey& key);

}  // namespace skiff::kube
