#include "image/transfer/operations.h"

#include <filesystem>

#include "common/clock.h"
#include "common/json.h"
#include "image/reference.h"
#include "image/transfer/archive_sink.h"
#include "image/transfer/blob_store.h"
#include "image/transfer/dockerfile_change.h"
#include "image/transfer/image_archive.h"
#include "image/transfer/image_saver.h"
#include "image/transfer/image_writer.h"
#include "image/transfer/platform.h"
#include "image/transfer/sha256.h"

namespace skiff::image {
namespace {

using common::JsonBuilder;
using common::JsonValue;
using common::Result;

Result<LoadedImage> LoadOne(const StorageLayout& layout, bool rootless, const BlobStore& blobs, const ArchivedImage& image) {
  ASSIGN_OR_RETURN(ImageWriter writer, ImageWriter::Create(layout, rootless));
  std::vector<LayerSource> sources;
  for (const auto& layer : image.layers)
    sources.push_back({layer.diff_digest, layer.blob_digest, layer.blob_size,
                       [&blobs, file = layer.file] { return blobs.Open(file); }});
  TRY(writer.AddLayers(std::move(sources)));
  ImageText text{image.config, image.manifest, image.index, image.names};
  if (text.manifest.empty()) {
    std::vector<ManifestLayer> layers;
    for (const auto& facts : writer.layers()) layers.push_back({facts.diff_digest, facts.diff_size});
    text.manifest = MakeDockerManifest(text.config, layers);
  }
  return writer.Commit(text);
}

// A directory's own name, where an OCI layout in it names its image by nothing else (as podman load does).
std::string FallbackName(const std::string& source) {
  std::error_code error;
  if (!std::filesystem::is_directory(source, error)) return {};
  const auto path = std::filesystem::canonical(source, error);
  const std::string name = path.filename().string();
  return NormalizeNewName(name) ? name : std::string();
}

Result<> CheckPolicy(const Policy& policy, const std::string& source, const ArchivedImage& image) {
  std::error_code error;
  const bool directory = std::filesystem::is_directory(source, error);
  const char* transport = image.kind == ArchiveKind::kDocker      ? "docker-archive"
                          : image.kind == ArchiveKind::kDirectory ? "dir"
                          : directory                             ? "oci"
                                                                  : "oci-archive";
  std::vector<std::string> digests;
  for (const std::string* text : {&image.manifest, &image.index})
    if (!text->empty()) digests.push_back(Sha256::DigestOf(*text));
  return policy.Check(FileOrigin(transport, DescriptorNumber(source) ? "" : source), digests, image.signatures);
}

Result<JsonBuilder> ImportedConfig(const ImportOptions& options) {
  JsonBuilder json;
  JsonValue config = json.Object();
  for (const auto& change : options.changes) TRY(ApplyChange(change, json, config));
  json.Set(json.root(), "created", common::FormatTime(common::Now(), true));
  json.Set(json.root(), "architecture", MachineArchitecture());
  json.Set(json.root(), "os", "linux");
  json.Set(json.root(), "config", std::move(config));
  return json;
}

void AddRootfs(JsonBuilder& json, const std::string& diff_digest, const std::string& message) {
  JsonValue rootfs = json.Object();
  json.Set(rootfs, "type", "layers");
  json.Set(rootfs, "diff_ids", json.Strings({diff_digest}));
  json.Set(json.root(), "rootfs", std::move(rootfs));
  JsonValue step = json.Object();
  json.Set(step, "created", common::GetString(json.root(), "created"));
  json.Set(step, "created_by", "/bin/sh -c #(nop) ADD file:" + diff_digest.substr(diff_digest.find(':') + 1) + " in /");
  json.Set(step, "comment", message.empty() ? "imported from tarball" : message);
  JsonValue history = json.Array();
  json.Push(history, std::move(step));
  json.Set(json.root(), "history", std::move(history));
}

}  // namespace

Result<std::vector<LoadedImage>> Load(const common::SystemPaths& paths, const std::string& source, const Policy& policy) {
  const StorageLayout layout(paths);
  TRY(layout.MakeFolders());
  ASSIGN_OR_RETURN(const auto blobs, OpenBlobStore(source, layout.Layers()));
  ASSIGN_OR_RETURN(const auto images, ReadImageArchive(*blobs, FallbackName(source)), "{}", source);
  // All are judged before the first is unpacked.
  for (const auto& image : images) TRY(CheckPolicy(policy, source, image));
  std::vector<LoadedImage> loaded;
  for (const auto& image : images) {
    ASSIGN_OR_RETURN(loaded.emplace_back(), LoadOne(layout, paths.rootless, *blobs, image));
  }
  return loaded;
}

Result<LoadedImage> Import(const common::SystemPaths& paths, const std::string& source, const ImportOptions& options) {
  ImageText text;
  if (!options.name.empty()) {
    ASSIGN_OR_RETURN(text.names.emplace_back(), NormalizeNewName(options.name));
  }
  ASSIGN_OR_RETURN(JsonBuilder config, ImportedConfig(options));
  ASSIGN_OR_RETURN(ImageWriter writer, ImageWriter::Create(StorageLayout(paths), paths.rootless));
  TRY(writer.AddLayers({{"", "", -1, [&] { return OpenTarball(source); }}}));
  const auto layer = writer.layers().front();
  AddRootfs(config, layer.diff_digest, options.message);
  text.config = common::ToJson(config.root());
  text.manifest = MakeOciManifest(text.config, {{layer.diff_digest, layer.diff_size}});
  return writer.Commit(text);
}

Result<> Save(const common::SystemPaths& paths, const std::vector<SavedImage>& images, const SaveOptions& options,
              const std::string& output) {
  const StorageLayout layout(paths);
  std::unique_ptr<ArchiveSink> sink;
  if (const auto fd = DescriptorNumber(output)) {
    sink = TarSink(*fd, layout.Layers());
  } else {
    ASSIGN_OR_RETURN(sink, DirectorySink(output));
  }
  return ImageSaver(layout, options, std::move(sink)).Save(images);
}

}  // namespace skiff::image
