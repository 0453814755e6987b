#include "image/transfer/image_saver.h"

#include <algorithm>

#include "common/file.h"
#include "common/json.h"
#include "image/record_file.h"
#include "image/transfer/gzip_source.h"
#include "image/transfer/sha256.h"
#include "image/transfer/worker_pool.h"

namespace skiff::image {
namespace {

using common::ErrorCode;
using common::JsonValue;
using common::MakeError;
using common::Result;

constexpr char kNameAnnotation[] = "org.opencontainers.image.ref.name";
constexpr char kOciManifest[] = "application/vnd.oci.image.manifest.v1+json";

std::string Hex(const std::string& digest) { return digest.substr(digest.find(':') + 1); }

std::string Descriptor(const std::string& manifest, const std::string& name) {
  common::JsonBuilder json;
  json.Set(json.root(), "mediaType", kOciManifest);
  json.Set(json.root(), "digest", Sha256::DigestOf(manifest));
  json.Set(json.root(), "size", static_cast<int64_t>(manifest.size()));
  if (!name.empty()) json.Set(json.root(), "annotations", json.StringMap({{kNameAnnotation, name}}));
  return common::ToJson(json.root());
}

// The manifest as stored when it describes exactly these layers, so that its digest stays the image's; else a new one.
std::string OciManifestFor(const std::string& stored, const std::string& config, const std::vector<ManifestLayer>& layers) {
  const auto document = common::ParseJson(stored, "manifest");
  if (!document || !document->IsObject()) return MakeOciManifest(config, layers);
  const bool is_oci = common::GetString(*document, "mediaType", kOciManifest) == kOciManifest;
  const JsonValue* list = common::FindArray(*document, "layers");
  bool same = is_oci && list != nullptr && list->Size() == layers.size();
  for (size_t i = 0; same && i < layers.size(); ++i)
    same = (*list)[static_cast<rapidjson::SizeType>(i)].IsObject() &&
           common::GetString((*list)[static_cast<rapidjson::SizeType>(i)], "digest") == layers[i].digest;
  return same ? stored : MakeOciManifest(config, layers, is_oci ? common::GetStringMap(*document, "annotations") : std::map<std::string, std::string>());
}

}  // namespace

Result<> ImageSaver::Save(const std::vector<SavedImage>& images) {
  if (options_.format == ArchiveFormat::kDockerDirectory) {
    for (const auto& image : images) TRY(WriteDirectory(image));
    return sink_->Finish();
  }
  const bool is_oci = options_.format != ArchiveFormat::kDockerArchive;
  std::string items;
  if (is_oci) {
    ASSIGN_OR_RETURN(items, ExistingDescriptors(images));
  }
  for (const auto& image : images) {
    ASSIGN_OR_RETURN(const std::string item, is_oci ? AddToOciLayout(image) : AddToDockerArchive(image));
    items += (items.empty() ? "" : ",") + item;
  }
  if (is_oci) {
    TRY(sink_->AddText("index.json", "{\"schemaVersion\":2,\"manifests\":[" + items + "]}"));
    TRY(sink_->AddText("oci-layout", R"({"imageLayoutVersion":"1.0.0"})"));
  } else {
    TRY(sink_->AddText("manifest.json", "[" + items + "]"));
  }
  return sink_->Finish();
}

Result<ImageSaver::StoredImageText> ImageSaver::ReadImage(const std::string& id) const {
  ASSIGN_OR_RETURN(const RecordFile images, RecordFile::Load(layout_.ImagesJson()));
  const JsonValue* record = images.FindById(id);
  if (record == nullptr) return MakeError(ErrorCode::kNotFound, "image {} is no longer in the local store", id);
  const std::string top(common::GetString(*record, "layer"));
  StoredImageText image;
  // A manifest list has a random id and neither configuration nor layers.
  ASSIGN_OR_RETURN(image.config, common::ReadFile(layout_.ImageData(id, "sha256:" + id)), "image {} has no configuration", id);
  ASSIGN_OR_RETURN(image.manifest, common::ReadFile(layout_.ImageData(id, "manifest")));
  ASSIGN_OR_RETURN(image.layers, StoredLayers(layout_, top), "image {}", id);
  return image;
}

Result<std::string> ImageSaver::AddToDockerArchive(const SavedImage& saved) {
  ASSIGN_OR_RETURN(const StoredImageText image, ReadImage(saved.id));
  std::vector<std::string> files;
  for (const auto& layer : image.layers) {
    if (layer.diff_size < 0) {
      ASSIGN_OR_RETURN(const SpooledBlob blob, SpoolLayer(layer, false));
      files.push_back(Hex(blob.digest) + ".tar");
      if (!sink_->Has(files.back())) TRY(sink_->AddSpooled(files.back(), blob));
      continue;
    }
    files.push_back(Hex(layer.diff_digest) + ".tar");
    if (sink_->Has(files.back())) continue;
    ASSIGN_OR_RETURN(const auto tar, OpenLayerTar(layout_, layer));
    TRY(sink_->Add(files.back(), *tar, layer.diff_size));
  }
  if (!sink_->Has(saved.id + ".json")) TRY(sink_->AddText(saved.id + ".json", image.config));
  common::JsonBuilder json;
  json.Set(json.root(), "Config", saved.id + ".json");
  json.Set(json.root(), "RepoTags", json.Strings(saved.names));
  json.Set(json.root(), "Layers", json.Strings(files));
  return common::ToJson(json.root());
}

Result<std::string> ImageSaver::AddToOciLayout(const SavedImage& saved) {
  constexpr char kBlobs[] = "blobs/sha256/";
  ASSIGN_OR_RETURN(const StoredImageText image, ReadImage(saved.id));
  ASSIGN_OR_RETURN(const auto layers, AddBlobs(image.layers, !options_.uncompressed, kBlobs));
  const std::string manifest = OciManifestFor(image.manifest, image.config, layers);
  for (const std::string& text : {image.config, manifest})
    if (const std::string name = kBlobs + Sha256::HexOf(text); !sink_->Has(name)) TRY(sink_->AddText(name, text));
  std::string descriptors;
  for (const auto& name : saved.names) descriptors += (descriptors.empty() ? "" : ",") + Descriptor(manifest, name);
  return descriptors.empty() ? Descriptor(manifest, "") : descriptors;
}

Result<> ImageSaver::WriteDirectory(const SavedImage& saved) {
  ASSIGN_OR_RETURN(const StoredImageText image, ReadImage(saved.id));
  ASSIGN_OR_RETURN(const auto layers, AddBlobs(image.layers, options_.compress, ""));
  TRY(sink_->AddText(saved.id, image.config));
  TRY(sink_->AddText("manifest.json", MakeDockerManifest(image.config, layers)));
  return sink_->AddText("version", "Directory Transport Version: 1.1\n");
}

// Compressing is what takes the time, so the layers are made side by side; they are written in their order.
Result<std::vector<ManifestLayer>> ImageSaver::AddBlobs(const std::vector<StoredLayer>& layers, bool compress,
                                                        const std::string& prefix) {
  std::vector<ManifestLayer> described(layers.size());
  std::vector<size_t> to_spool;
  for (size_t i = 0; i < layers.size(); ++i) {
    const auto& layer = layers[i];
    if (compress || layer.diff_size < 0) {
      to_spool.push_back(i);
      continue;
    }
    described[i] = {layer.diff_digest, layer.diff_size, false};
    const std::string name = prefix + Hex(layer.diff_digest);
    if (sink_->Has(name)) continue;
    ASSIGN_OR_RETURN(const auto tar, OpenLayerTar(layout_, layer));
    TRY(sink_->Add(name, *tar, layer.diff_size));
  }
  std::vector<SpooledBlob> blobs(to_spool.size());
  TRY(RunWorkers(to_spool.size(), 0, [&](size_t i) -> Result<> {
    ASSIGN_OR_RETURN(blobs[i], SpoolLayer(layers[to_spool[i]], compress));
    return {};
  }));
  for (size_t i = 0; i < to_spool.size(); ++i) {
    described[to_spool[i]] = {blobs[i].digest, blobs[i].size, compress};
    if (const std::string name = prefix + Hex(blobs[i].digest); !sink_->Has(name)) TRY(sink_->AddSpooled(name, blobs[i]));
  }
  return described;
}

Result<SpooledBlob> ImageSaver::SpoolLayer(const StoredLayer& layer, bool compress) const {
  ASSIGN_OR_RETURN(auto content, OpenLayerTar(layout_, layer));
  if (compress) {
    ASSIGN_OR_RETURN(content, Gzip(std::move(content)));
  }
  return Spool(sink_->spool_directory(), std::move(content));
}

// What an OCI layout in the directory lists already, but for the names that are written now.
Result<std::string> ImageSaver::ExistingDescriptors(const std::vector<SavedImage>& images) const {
  if (options_.format != ArchiveFormat::kOciDirectory || !sink_->Has("index.json")) return std::string();
  ASSIGN_OR_RETURN(const std::string text, common::ReadFile(sink_->spool_directory() + "/index.json", 8u << 20));
  ASSIGN_OR_RETURN(const auto index, common::ParseJson(text, sink_->spool_directory() + "/index.json"));
  std::string kept;
  const JsonValue* manifests = common::FindArray(index, "manifests");
  if (manifests == nullptr) return kept;
  for (const auto& item : manifests->GetArray()) {
    if (!item.IsObject()) continue;
    const JsonValue* annotations = common::FindObject(item, "annotations");
    const std::string name(annotations != nullptr ? common::GetString(*annotations, kNameAnnotation) : "");
    const bool replaced = std::any_of(images.begin(), images.end(), [&](const SavedImage& image) {
      return std::find(image.names.begin(), image.names.end(), name) != image.names.end();
    });
    if (!name.empty() && !replaced) kept += (kept.empty() ? "" : ",") + common::ToJson(item);
  }
  return kept;
}

}  // namespace skiff::image
