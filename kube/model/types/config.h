// core/v1 ConfigMap and Secret.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "kube/model/types/meta.h"

namespace skiff::kube {

// Contents that are base64 in the manifest, decoded here: any bytes.
struct Bytes {
  std::string data;
};
using BytesMap = std::map<std::string, Bytes>;

struct ConfigMap {
  static constexpr const char* kKind = "ConfigMap";
  static constexpr const char* kApiVersion = "v1";
  ObjectMeta metadata;
  StringMap data;
  BytesMap binary_data;
  std::optional<bool> immutable;
};

struct Secret {
  static constexpr const char* kKind = "Secret";
  static constexpr const char* kApiVersion = "v1";
  ObjectMeta metadata;
  BytesMap data;          // after loading: with stringData written over it
  StringMap string_data;  // empty after loading
  std::string type;       // default Opaque
  std::optional<bool> immutable;
};

}  // namespace skiff::kube
