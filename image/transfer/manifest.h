// Manifests and configurations as JSON texts (OCI image-spec, docker's schema 2).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/json.h"
#include "common/result.h"

namespace skiff::image {

inline constexpr char kOciManifest[] = "application/vnd.oci.image.manifest.v1+json";
inline constexpr char kOciIndex[] = "application/vnd.oci.image.index.v1+json";
inline constexpr char kDockerManifest[] = "application/vnd.docker.distribution.manifest.v2+json";
inline constexpr char kDockerList[] = "application/vnd.docker.distribution.manifest.list.v2+json";

bool IsIndex(std::string_view media_type);

// What a manifest is: its own word first, then the server's, then its members. kUnsupported: schema 1; kInvalid: unclear.
common::Result<std::string> MediaTypeOf(const common::JsonValue& manifest, std::string_view content_type);

struct Descriptor {
  std::string digest;  // "sha256:<64 hex>"
  int64_t size = 0;    // never negative
  std::string media_type;
};
// kInvalid: no sha256 digest or no size.
common::Result<Descriptor> ReadDescriptor(const common::JsonValue& json);

struct ManifestParts {
  Descriptor config;
  std::vector<Descriptor> layers;
};
common::Result<ManifestParts> ReadManifest(const common::JsonValue& manifest);

// The digests of the uncompressed layers that a configuration names. kInvalid: podman could not read it (json_types.h).
common::Result<std::vector<std::string>> DiffIds(const std::string& config);
// kInvalid: as many layers must stand in both, and no more than can be mounted.
common::Result<> CheckLayerCount(size_t in_manifest, size_t in_config);

}  // namespace skiff::image
