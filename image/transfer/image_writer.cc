#include "image/transfer/image_writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "common/file.h"
#include "image/transfer/layer_record.h"
#include "image/transfer/sha256.h"
#include "image/transfer/worker_pool.h"

namespace skiff::image {
namespace {

using common::ErrnoError;
using common::ErrorCode;
using common::JsonValue;
using common::MakeError;
using common::Result;

constexpr int kCommitTries = 5;

std::string HexOfDigest(const std::string& digest) { return digest.substr(digest.find(':') + 1); }

Result<> Expect(const std::string& what, const std::string& wanted, const std::string& found) {
  if (wanted.empty() || wanted == found) return {};
  return MakeError(ErrorCode::kInvalid, "the {} is {}, but {} was announced: it is damaged or forged", what, found,
                   wanted);
}

}  // namespace

std::string LayerId(const std::string& parent, const std::string& diff_digest) {
  const std::string hex = HexOfDigest(diff_digest);
  return parent.empty() ? hex : Sha256::HexOf(parent + "+" + hex);
}

Result<ImageWriter> ImageWriter::Create(const StorageLayout& layout, bool rootless) {
  TRY(CollectLeftovers(layout));
  ASSIGN_OR_RETURN(StagingDir staging, StagingDir::Create(layout));
  return ImageWriter(layout, rootless, std::move(staging));
}

std::vector<ImageWriter::LayerFacts> ImageWriter::layers() const {
  std::vector<LayerFacts> facts;
  for (const auto& layer : layers_) facts.push_back(layer.facts);
  return facts;
}

Result<> ImageWriter::AddLayers(std::vector<LayerSource> sources, unsigned at_once) {
  at_once_ = at_once;
  std::string parent;
  for (auto& source : sources) {
    Layer& layer = layers_.emplace_back();
    layer.parent = parent;
    if (!source.diff_digest.empty()) layer.id = LayerId(parent, source.diff_digest);
    layer.facts.diff_digest = source.diff_digest;
    layer.source = std::move(source);
    parent = layer.id;
  }
  return Stage();
}

Result<std::vector<ImageWriter::Layer*>> ImageWriter::LayersToUnpack() {
  ASSIGN_OR_RETURN(const RecordFile records, RecordFile::Load(layout_.LayersJson()));
  std::vector<Layer*> missing;
  for (auto& layer : layers_) {
    if (layer.is_staged) continue;
    const JsonValue* record = layer.id.empty() ? nullptr : records.FindById(layer.id);
    if (record != nullptr && IsCompleteLayer(*record)) layer.facts.diff_size = common::GetInt(*record, "diff-size");
    else missing.push_back(&layer);
  }
  return missing;
}

Result<> ImageWriter::Stage() {
  ASSIGN_OR_RETURN(const auto missing, LayersToUnpack());
  return RunWorkers(missing.size(), at_once_, [&](size_t i) -> Result<> {
    const std::string& digest = missing[i]->source.diff_digest;
    TRY(Unpack(*missing[i], missing.size() == 1), "layer {}", digest.empty() ? "of the tarball" : digest);
    return {};
  });
}

Result<> ImageWriter::Unpack(Layer& layer, bool alone) {
  layer.directory = fmt::format("{}/{}", staging_.path(), &layer - layers_.data());
  TRY(common::RemoveTree(layer.directory));
  TRY(common::MakeDirectories(layer.directory, 0700));
  for (const char* name : {"diff", "work", "merged"}) TRY(common::MakeDirectories(layer.directory + "/" + name, 0700));
  ASSIGN_OR_RETURN(layer.tar_split, common::Open(layout_.Layers(), O_TMPFILE | O_RDWR, 0600));
  ASSIGN_OR_RETURN(auto blob, layer.source.open());
  ASSIGN_OR_RETURN(layer.unpacked,
                   UnpackLayer(std::move(blob), {layer.directory + "/diff", layer.tar_split.get(), rootless_, alone}));
  TRY(Expect("digest of its data", layer.source.blob_digest, layer.unpacked.blob_digest));
  if (layer.source.blob_size >= 0 && layer.source.blob_size != layer.unpacked.blob_size)
    return MakeError(ErrorCode::kInvalid, "it has {} bytes, but {} were announced", layer.unpacked.blob_size,
                     layer.source.blob_size);
  TRY(Expect("digest of its uncompressed tar", layer.source.diff_digest, layer.unpacked.diff_digest));
  layer.facts = {layer.unpacked.diff_digest, layer.unpacked.diff_size};
  layer.id = LayerId(layer.parent, layer.facts.diff_digest);
  layer.is_staged = true;
  return {};
}

Result<LoadedImage> ImageWriter::Commit(const ImageText& text) {
  const std::string id = Sha256::HexOf(text.config);
  for (int tries = 0; tries < kCommitTries; ++tries) {
    {
      ASSIGN_OR_RETURN(LockedStore store, LockedStore::Acquire(layout_, staging_));
      ASSIGN_OR_RETURN(const bool complete, AllReusedLayersAreThere(store));
      if (complete) {
        const auto added = MissingLayers(store);
        std::vector<std::string> ids;
        for (const Layer* layer : added) ids.push_back(layer->id);
        TRY(staging_.WriteJournal({ids, {id}}));
        Result<> result = PutLayers(store, added);
        if (result) result = PutImage(store, id, text);
        if (result) return LoadedImage{id, text.names};
        if (auto undone = store.RemoveLayers(ids); !undone) return std::move(result).error().AlsoFailed(undone.error());
        return std::move(result).error();
      }
    }
    // Somebody removed an image that had given us a layer: unpack it, with the locks free again.
    TRY(Stage());
  }
  return MakeError(ErrorCode::kBusy, "layers that image {} shares with others are being removed again and again; try later",
                   id);
}

Result<bool> ImageWriter::AllReusedLayersAreThere(const LockedStore& store) const {
  return std::all_of(layers_.begin(), layers_.end(),
                     [&](const Layer& layer) { return layer.is_staged || store.layers().FindById(layer.id) != nullptr; });
}

// Another load may have brought a layer meanwhile; ours is then thrown away with the staging directory.
std::vector<const ImageWriter::Layer*> ImageWriter::MissingLayers(const LockedStore& store) const {
  std::vector<const Layer*> missing;
  for (const auto& layer : layers_)
    if (store.layers().FindById(layer.id) == nullptr) missing.push_back(&layer);
  return missing;
}

Result<> ImageWriter::PutLayers(LockedStore& store, const std::vector<const Layer*>& added) {
  if (added.empty()) return {};
  for (const Layer* layer : added) store.layers().Add(MakeIncompleteLayer(store.layers(), layer->id, layer->parent));
  TRY(store.SaveLayers());
  for (const Layer* layer : added) TRY(PutLayerFiles(*layer), "layer {}", layer->id);
  for (const Layer* layer : added) CompleteLayer(store.layers(), *store.layers().FindById(layer->id), layer->unpacked);
  return store.SaveLayers();
}

Result<> ImageWriter::PutLayerFiles(const Layer& layer) {
  const std::string target = layout_.LayerDir(layer.id);
  const std::string link = NewShortName();
  TRY(common::WriteFile(layer.directory + "/link", link));
  struct stat root = {};
  root.st_mode = 0555;
  if (layer.parent.empty()) {
    TRY(common::MakeDirectories(layer.directory + "/empty", 0700));
  } else {
    const std::string parent = layout_.LayerDir(layer.parent);
    ASSIGN_OR_RETURN(const std::string parent_link, common::ReadFile(parent + "/link"));
    std::string lower = "l/" + parent_link;
    if (const auto rest = common::ReadFile(parent + "/lower"); rest && !rest->empty()) lower += ":" + *rest;
    TRY(common::WriteFile(layer.directory + "/lower", lower));
    if (::stat((parent + "/diff").c_str(), &root) != 0) return ErrnoError("stat {}/diff", parent);
  }
  const std::string diff = layer.directory + "/diff";
  if (::chown(diff.c_str(), layer.parent.empty() ? ::geteuid() : root.st_uid, layer.parent.empty() ? ::getegid() : root.st_gid) != 0)
    return ErrnoError("change the owner of {}", diff);
  if (::chmod(diff.c_str(), root.st_mode & 07777) != 0) return ErrnoError("change the mode of {}", diff);

  // Without a record, files of this name belong to nobody.
  TRY(common::RemoveTree(target));
  TRY(common::RemoveFile(layout_.TarSplit(layer.id)));
  TRY(layout_.MoveInOverlay(layer.directory, target));
  if (::symlink(fmt::format("../{}/diff", layer.id).c_str(), layout_.ShortLink(link).c_str()) != 0)
    return ErrnoError("create {}", layout_.ShortLink(link));
  const std::string unnamed = fmt::format("/proc/self/fd/{}", layer.tar_split.get());
  if (::linkat(AT_FDCWD, unnamed.c_str(), AT_FDCWD, layout_.TarSplit(layer.id).c_str(), AT_SYMLINK_FOLLOW) != 0)
    return ErrnoError("create {}", layout_.TarSplit(layer.id));
  return {};
}

Result<> ImageWriter::PutImage(LockedStore& store, const std::string& id, const ImageText& text) {
  const std::string manifest_digest = Sha256::DigestOf(text.manifest);
  std::vector<BigData> data = {{"sha256:" + id, text.config}};
  if (!text.index.empty()) data.push_back({"manifest-" + Sha256::DigestOf(text.index), text.index});
  data.push_back({"manifest-" + manifest_digest, text.manifest});
  JsonValue* record = store.images().FindById(id);
  // A known image keeps the manifest it has; the new one can be asked for by its digest.
  if (record == nullptr) data.push_back({"manifest", text.manifest});

  // The files first: podman lists no image at all when one record lacks its manifest.
  TRY(common::MakeDirectories(layout_.ImageDir(id), 0700));
  for (const auto& item : data) TRY(common::WriteFileAtomic(layout_.ImageData(id, item.key), item.bytes, 0600));
  if (record == nullptr) {
    const std::string digest = text.index.empty() ? manifest_digest : Sha256::DigestOf(text.index);
    store.images().Add(MakeImageRecord(store.images(), id, digest, layers_.empty() ? "" : layers_.back().id, text.config));
    record = store.images().FindById(id);
  }
  for (const auto& item : data) RecordBigData(store.images(), *record, item, Sha256::DigestOf(item.bytes));
  for (const auto& name : text.names) store.AddName(*record, name);
  return store.SaveImages();
}

}  // namespace skiff::image
