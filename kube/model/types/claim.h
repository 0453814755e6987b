// core/v1 PersistentVolumeClaim.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kube/model/types/container.h"
#include "kube/model/types/meta.h"

namespace skiff::kube {

struct PersistentVolumeClaimSpec {
  std::vector<std::string> access_modes;  // ReadWriteOnce, ReadOnlyMany, ReadWriteMany, ReadWriteOncePod
  std::optional<LabelSelector> selector;
  ResourceRequirements resources;
  std::string volume_name;
  std::optional<std::string> storage_class_name;  // "" and absent differ
  std::string volume_mode;                        // Filesystem (default), Block
  Value data_source;
  Value data_source_ref;
  std::optional<std::string> volume_attributes_class_name;
};

struct PersistentVolumeClaim {
  static constexpr const char* kKind = "PersistentVolumeClaim";
  static constexpr const char* kApiVersion = "v1";
  ObjectMeta metadata;
  PersistentVolumeClaimSpec spec;
};

}  // namespace skiff::kube
