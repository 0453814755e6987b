// core/v1 Volume and its sources.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kube/model/quantity.h"
#include "kube/model/types/claim.h"
#include "kube/model/types/container.h"

namespace skiff::kube {

struct HostPathVolumeSource {
  std::string path;  // as written; a relative one is relative to the manifest's folder
  std::string type;  // "", DirectoryOrCreate, Directory, FileOrCreate, File, Socket, CharDevice, BlockDevice
};

struct EmptyDirVolumeSource {
  std::string medium;  // "" or Memory
  std::optional<Quantity> size_limit;
};

struct KeyToPath {
  std::string key;
  std::string path;
  std::optional<int32_t> mode;
};

struct SecretVolumeSource {
  std::string secret_name;
  std::vector<KeyToPath> items;
  std::optional<int32_t> default_mode;  // 0644 after loading
  std::optional<bool> optional;
};

struct ConfigMapVolumeSource {
  std::string name;
  std::vector<KeyToPath> items;
  std::optional<int32_t> default_mode;
  std::optional<bool> optional;
};

struct DownwardApiFile {
  std::string path;
  std::optional<ObjectFieldSelector> field_ref;
  std::optional<ResourceFieldSelector> resource_field_ref;
  std::optional<int32_t> mode;
};

struct DownwardApiVolumeSource {
  std::vector<DownwardApiFile> items;
  std::optional<int32_t> default_mode;
};

// A Secret or ConfigMap inside a projected volume.
struct ObjectProjection {
  std::string name;
  std::vector<KeyToPath> items;
  std::optional<bool> optional;
};

struct DownwardApiProjection {
  std::vector<DownwardApiFile> items;
};

struct ServiceAccountTokenProjection {
  std::string audience;
  std::optional<int64_t> expiration_seconds;  // default 3600
  std::string path;
};

// Exactly one of these is set.
struct VolumeProjection {
  std::optional<ObjectProjection> secret;
  std::optional<ObjectProjection> config_map;
  std::optional<DownwardApiProjection> downward_api;
  std::optional<ServiceAccountTokenProjection> service_account_token;
  Value cluster_trust_bundle;
  Value pod_certificate;
};

struct ProjectedVolumeSource {
  std::vector<VolumeProjection> sources;
  std::optional<int32_t> default_mode;
};

struct PersistentVolumeClaimVolumeSource {
  std::string claim_name;
  bool read_only = false;
};

struct ImageVolumeSource {
  std::string reference;
  std::string pull_policy;
};

struct PersistentVolumeClaimTemplate {
  ObjectMeta metadata;
  PersistentVolumeClaimSpec spec;
};

struct EphemeralVolumeSource {
  std::optional<PersistentVolumeClaimTemplate> volume_claim_template;
};

// A source that one machine alone cannot provide (nfs, csi, the clouds' disks): kept as it was written.
struct RemoteVolumeSource {
  std::string kind;  // the field's name, "nfs"
  Value source;
};

// Exactly one source is set after loading (none given: emptyDir).
struct Volume {
  std::string name;
  std::optional<HostPathVolumeSource> host_path;
  std::optional<EmptyDirVolumeSource> empty_dir;
  std::optional<SecretVolumeSource> secret;
  std::optional<ConfigMapVolumeSource> config_map;
  std::optional<ProjectedVolumeSource> projected;
  std::optional<DownwardApiVolumeSource> downward_api;
  std::optional<PersistentVolumeClaimVolumeSource> persistent_volume_claim;
  std::optional<ImageVolumeSource> image;
  std::optional<EphemeralVolumeSource> ephemeral;
  std::optional<RemoteVolumeSource> remote;
};

}  // namespace skiff::kube
