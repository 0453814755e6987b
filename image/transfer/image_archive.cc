#include "image/transfer/image_archive.h"

#include "common/json.h"
#include "image/reference.h"
#include "image/transfer/json_types.h"
#include "image/transfer/manifest.h"
#include "image/transfer/platform.h"
#include "image/transfer/sha256.h"

namespace skiff::image {
namespace {

using common::ErrorCode;
using common::JsonDocument;
using common::JsonValue;
using common::MakeError;
using common::Result;

constexpr char kNameAnnotation[] = "org.opencontainers.image.ref.name";
constexpr char kContainerdNameAnnotation[] = "io.containerd.image.name";
constexpr int kIndexDepth = 4;
constexpr int kSignatureLimit = 64;

// An OCI layout, or with an empty prefix skopeo's "dir:", whose blobs lie beside manifest.json.
class OciReader {
 public:
  OciReader(const BlobStore& blobs, std::string prefix, std::string fallback_name)
      : blobs_(blobs), prefix_(std::move(prefix)), fallback_name_(std::move(fallback_name)) {}

  Result<std::vector<ArchivedImage>> Read() {
    ASSIGN_OR_RETURN(const std::string text, blobs_.Read("index.json"));
    ASSIGN_OR_RETURN(const JsonDocument index, common::ParseJson(text, "index.json"));
    const JsonValue* manifests = common::FindArray(index, "manifests");
    if (manifests == nullptr || manifests->Empty()) return MakeError(ErrorCode::kInvalid, "index.json lists no image");
    for (const auto& descriptor : manifests->GetArray()) TRY(AddImage(descriptor));
    if (images_.empty()) return NothingForThisMachine();
    return std::move(images_);
  }

  // `manifest` is manifest.json, whose digest nothing tells.
  Result<ArchivedImage> ReadDirectory(std::string manifest, const std::string& media_type) {
    ArchivedImage image;
    image.manifest = std::move(manifest);
    TRY(ReadManifest(image, media_type));
    if (image.config.empty()) return NothingForThisMachine();
    return image;
  }

 private:
  static common::Error NothingForThisMachine() {
    return MakeError(ErrorCode::kNotFound, "the archive has no image for this machine (linux/{})", MachineArchitecture());
  }

  Result<> AddImage(const JsonValue& descriptor) {
    ArchivedImage image;
    ASSIGN_OR_RETURN(image.manifest, ReadDescribed(descriptor));
    TRY(ReadManifest(image, std::string(common::GetString(descriptor, "mediaType"))));
    if (image.config.empty()) return {};
    ASSIGN_OR_RETURN(image.names, NamesOf(descriptor));
    // An image with several names is listed once for each.
    for (auto& known : images_) {
      if (known.manifest != image.manifest) continue;
      known.names.insert(known.names.end(), image.names.begin(), image.names.end());
      return {};
    }
    images_.push_back(std::move(image));
    return {};
  }

  // Fills in what image.manifest describes; through an index that has no image for this machine, nothing.
  Result<> ReadManifest(ArchivedImage& image, std::string media_type) {
    for (int depth = 0; IsIndex(media_type); ++depth) {
      if (depth == kIndexDepth) return MakeError(ErrorCode::kInvalid, "an index leads to an index again and again");
      ASSIGN_OR_RETURN(const JsonDocument index, common::ParseJson(image.manifest, "an image index"));
      TRY(CheckManifestTypes(index));
      const JsonValue* chosen = ChooseForThisMachine(index);
      if (chosen == nullptr) return {};
      if (depth == 0) image.index = std::move(image.manifest);
      media_type = common::GetString(*chosen, "mediaType");
      ASSIGN_OR_RETURN(image.manifest, ReadDescribed(*chosen, prefix_.empty() ? ".manifest.json" : ""));
    }
    ASSIGN_OR_RETURN(const JsonDocument manifest, common::ParseJson(image.manifest, "an image manifest"));
    TRY(CheckManifestTypes(manifest));
    const JsonValue* config = common::FindObject(manifest, "config");
    const JsonValue* layers = common::FindArray(manifest, "layers");
    if (config == nullptr || layers == nullptr)
      return MakeError(ErrorCode::kInvalid, "an image manifest has no config or no layers");
    ASSIGN_OR_RETURN(image.config, ReadDescribed(*config));
    ASSIGN_OR_RETURN(const auto diff_ids, DiffIds(image.config));
    TRY(CheckLayerCount(layers->Size(), diff_ids.size()));
    for (rapidjson::SizeType i = 0; i < layers->Size(); ++i) {
      const JsonValue& layer = (*layers)[i];
      ASSIGN_OR_RETURN(const std::string file, BlobFile(layer));
      image.layers.push_back({file, diff_ids[i], std::string(common::GetString(layer, "digest")),
                              common::GetInt(layer, "size", -1)});
    }
    return {};
  }

  Result<std::string> BlobFile(const JsonValue& descriptor) const {
    if (!descriptor.IsObject()) return MakeError(ErrorCode::kInvalid, "a descriptor is not a JSON object");
    const std::string_view digest = common::GetString(descriptor, "digest");
    const std::string_view hex = FullIdIn(digest);
    if (hex.empty() || hex.size() == digest.size())
      return MakeError(ErrorCode::kInvalid, "the descriptor's digest \"{}\" is not a sha256 digest", digest);
    return fmt::format("{}{}", prefix_, hex);
  }

  Result<std::string> ReadDescribed(const JsonValue& descriptor, const std::string& suffix = "") const {
    ASSIGN_OR_RETURN(std::string file, BlobFile(descriptor));
    file += suffix;
    ASSIGN_OR_RETURN(std::string text, blobs_.Read(file));
    if (Sha256::DigestOf(text) != common::GetString(descriptor, "digest"))
      return MakeError(ErrorCode::kInvalid, "{} has not the content that its name says: the archive is damaged or forged", file);
    return text;
  }

  Result<std::vector<std::string>> NamesOf(const JsonValue& descriptor) const {
    std::string_view name;
    if (const JsonValue* annotations = common::FindObject(descriptor, "annotations")) {
      name = common::GetString(*annotations, kContainerdNameAnnotation);
      if (name.empty()) name = common::GetString(*annotations, kNameAnnotation);
    }
    if (name.empty()) name = fallback_name_;
    if (name.empty()) return std::vector<std::string>();
    ASSIGN_OR_RETURN(std::string full, NormalizeNewName(name));
    return std::vector<std::string>{std::move(full)};
  }

  const BlobStore& blobs_;
  std::string prefix_;
  std::string fallback_name_;
  std::vector<ArchivedImage> images_;
};

Result<ArchivedImage> ReadDockerImage(const BlobStore& blobs, const JsonValue& item) {
  if (!item.IsObject()) return MakeError(ErrorCode::kInvalid, "manifest.json lists something other than images");
  ArchivedImage image;
  image.kind = ArchiveKind::kDocker;
  const std::string config_file(common::GetString(item, "Config"));
  ASSIGN_OR_RETURN(image.config, blobs.Read(config_file));
  const std::string_view hex = std::string_view(config_file).substr(0, 64);
  if (!FullIdIn(hex).empty() && Sha256::HexOf(image.config) != hex)
    return MakeError(ErrorCode::kInvalid, "{} has not the content that its name says: the archive is damaged or forged", config_file);
  ASSIGN_OR_RETURN(const auto diff_ids, DiffIds(image.config));
  const auto files = common::GetStrings(item, "Layers");
  TRY(CheckLayerCount(files.size(), diff_ids.size()));
  for (size_t i = 0; i < files.size(); ++i) image.layers.push_back({files[i], diff_ids[i], "", -1});
  for (const auto& tag : common::GetStrings(item, "RepoTags")) {
    ASSIGN_OR_RETURN(image.names.emplace_back(), NormalizeNewName(tag));
  }
  return image;
}

Result<std::vector<ArchivedImage>> ReadDockerArchive(const BlobStore& blobs) {
  ASSIGN_OR_RETURN(const std::string text, blobs.Read("manifest.json"));
  ASSIGN_OR_RETURN(const JsonDocument manifest, common::ParseJson(text, "manifest.json"));
  if (manifest.IsObject()) {
    OciReader reader(blobs, "", "");
    ASSIGN_OR_RETURN(ArchivedImage image, reader.ReadDirectory(text, std::string(common::GetString(manifest, "mediaType"))));
    image.kind = ArchiveKind::kDirectory;
    for (int i = 1; i <= kSignatureLimit && blobs.Has(fmt::format("signature-{}", i)); ++i) {
      ASSIGN_OR_RETURN(image.signatures.emplace_back(), blobs.Read(fmt::format("signature-{}", i)));
    }
    return std::vector<ArchivedImage>{std::move(image)};
  }
  if (!manifest.IsArray() || manifest.Empty()) return MakeError(ErrorCode::kInvalid, "manifest.json lists no image");
  std::vector<ArchivedImage> images;
  for (const auto& item : manifest.GetArray()) {
    ASSIGN_OR_RETURN(images.emplace_back(), ReadDockerImage(blobs, item));
  }
  return images;
}

// Elements joined by commas, each written by `one`.
template <typename One>
std::string LayerList(const std::vector<ManifestLayer>& layers, One one) {
  std::string list;
  for (const auto& layer : layers) list += (list.empty() ? "" : ",") + one(layer);
  return list;
}

}  // namespace

Result<std::vector<ArchivedImage>> ReadImageArchive(const BlobStore& blobs, const std::string& fallback_name) {
  // Newer docker writes both; the OCI side keeps the digests that a registry gave.
  if (blobs.Has("oci-layout") && blobs.Has("index.json")) return OciReader(blobs, "blobs/sha256/", fallback_name).Read();
  if (blobs.Has("manifest.json")) return ReadDockerArchive(blobs);
  return MakeError(ErrorCode::kInvalid,
                   "not an image archive: it has neither oci-layout and index.json nor manifest.json; a root file system "
                   "becomes an image with `skiff image import`");
}

std::string MakeDockerManifest(const std::string& config, const std::vector<ManifestLayer>& layers) {
  return fmt::format(
      R"({{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json","config":{{"mediaType":)"
      R"("application/vnd.docker.container.image.v1+json","size":{},"digest":"{}"}},"layers":[{}]}})",
      config.size(), Sha256::DigestOf(config),
      LayerList(layers, [](const ManifestLayer& layer) {
        return fmt::format(R"({{"mediaType":"application/vnd.docker.image.rootfs.diff.tar.gzip","size":{},"digest":"{}"}})",
                           layer.size, layer.digest);
      }));
}

std::string MakeOciManifest(const std::string& config, const std::vector<ManifestLayer>& layers,
                            const std::map<std::string, std::string>& annotations) {
  common::JsonBuilder json;
  std::string rest;
  if (!annotations.empty()) rest = ",\"annotations\":" + common::ToJson(json.StringMap(annotations));
  return fmt::format(
      R"({{"schemaVersion":2,"config":{{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{}","size":{}}},)"
      R"("layers":[{}]{}}})",
      Sha256::DigestOf(config), config.size(), LayerList(layers, [](const ManifestLayer& layer) {
        return fmt::format(R"({{"mediaType":"application/vnd.oci.image.layer.v1.tar{}","digest":"{}","size":{}}})",
                           layer.is_gzip ? "+gzip" : "", layer.digest, layer.size);
      }), rest);
}

}  // namespace skiff::image
