#include "image/transfer/manifest.h"

#include "image/reference.h"
#include "image/transfer/json_types.h"

namespace skiff::image {

using common::ErrorCode;
using common::JsonDocument;
using common::JsonValue;
using common::MakeError;
using common::Result;

namespace {

// Overlay's limit in podman's storage: an image with more could be stored and not run.
constexpr size_t kMaxLayers = 500;

bool IsDigest(std::string_view text) { return text.starts_with("sha256:") && !FullIdIn(text).empty(); }

}  // namespace

bool IsIndex(std::string_view media_type) { return media_type == kOciIndex || media_type == kDockerList; }

Result<std::string> MediaTypeOf(const JsonValue& manifest, std::string_view content_type) {
  if (!manifest.IsObject()) return MakeError(ErrorCode::kInvalid, "the manifest is not a JSON object");
  if (common::GetInt(manifest, "schemaVersion") == 1)
    return MakeError(ErrorCode::kUnsupported, "the manifest has docker's schema 1 of before 2016, which is not supported; push the image again");
  const bool has_manifests = common::FindArray(manifest, "manifests") != nullptr;
  const bool has_layers = common::FindArray(manifest, "layers") != nullptr || common::FindObject(manifest, "config") != nullptr;
  if (has_manifests == has_layers)
    return MakeError(ErrorCode::kInvalid, "the manifest is neither clearly an image nor clearly an index");
  std::string type(common::GetString(manifest, "mediaType"));
  if (type.empty()) type = content_type.substr(0, content_type.find_first_of("; "));
  const bool known = type == kOciManifest || type == kDockerManifest || IsIndex(type);
  if (!known) type = has_manifests ? kOciIndex : kOciManifest;
  if (IsIndex(type) != has_manifests)
    return MakeError(ErrorCode::kInvalid, "the manifest says that it is {}, but it has other members", type);
  return type;
}

Result<Descriptor> ReadDescriptor(const JsonValue& json) {
  if (!json.IsObject()) return MakeError(ErrorCode::kInvalid, "a descriptor is not a JSON object");
  Descriptor descriptor;
  descriptor.digest = common::GetString(json, "digest");
  descriptor.size = common::GetInt(json, "size", -1);
  descriptor.media_type = common::GetString(json, "mediaType");
  if (!IsDigest(descriptor.digest))
    return MakeError(ErrorCode::kInvalid, "the descriptor's digest \"{}\" is not a sha256 digest", descriptor.digest);
  if (descriptor.size < 0) return MakeError(ErrorCode::kInvalid, "the descriptor of {} has no size", descriptor.digest);
  return descriptor;
}

Result<ManifestParts> ReadManifest(const JsonValue& manifest) {
  TRY(CheckManifestTypes(manifest));
  const JsonValue* config = common::FindObject(manifest, "config");
  const JsonValue* layers = common::FindArray(manifest, "layers");
  if (config == nullptr || layers == nullptr) return MakeError(ErrorCode::kInvalid, "the manifest has no config or no layers");
  ManifestParts parts;
  ASSIGN_OR_RETURN(parts.config, ReadDescriptor(*config));
  for (const auto& layer : layers->GetArray()) {
    ASSIGN_OR_RETURN(parts.layers.emplace_back(), ReadDescriptor(layer));
  }
  return parts;
}

Result<std::vector<std::string>> DiffIds(const std::string& config) {
  ASSIGN_OR_RETURN(const JsonDocument document, common::ParseJson(config, "the image configuration"));
  TRY(CheckConfigTypes(document));
  const JsonValue* rootfs = common::FindObject(document, "rootfs");
  if (rootfs == nullptr) return MakeError(ErrorCode::kInvalid, "the image configuration has no rootfs");
  const auto ids = common::GetStrings(*rootfs, "diff_ids");
  for (const auto& id : ids)
    if (!IsDigest(id)) return MakeError(ErrorCode::kInvalid, "the image configuration's diff_id \"{}\" is not a sha256 digest", id);
  return ids;
}

Result<> CheckLayerCount(size_t in_manifest, size_t in_config) {
  if (in_manifest > kMaxLayers)
    return MakeError(ErrorCode::kInvalid, "the image has {} layers; more than {} cannot be mounted", in_manifest, kMaxLayers);
  if (in_manifest == in_config) return {};
  return MakeError(ErrorCode::kInvalid, "the manifest lists {} layers, but the image configuration {}", in_manifest, in_config);
}

}  // namespace skiff::image
