// Puts one image into the store. Layers are unpacked beside the store without any lock; when all are verified, one short
// hold of the locks makes them and the image known (formats.md 1.9, 1.12).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/json.h"
#include "common/result.h"
#include "image/locked_store.h"
#include "image/staging.h"
#include "image/storage_layout.h"
#include "image/transfer.h"
#include "image/transfer/layer_unpacker.h"

namespace skiff::image {

// Where one layer comes from and what it must be.
struct LayerSource {
  std::string diff_digest;     // empty: not known before (import)
  std::string blob_digest;     // empty: not announced
  int64_t blob_size = -1;      // -1: not announced
  std::function<common::Result<std::unique_ptr<ByteSource>>()> open;
};

// What describes the layers, as it shall be stored.
struct ImageText {
  std::string config;
  std::string manifest;
  std::string index;  // the list through which the manifest was chosen; may be empty
  std::vector<std::string> names;  // full
};

// A layer's id in the store: that of its parent and its own digest together (formats.md 1.3).
std::string LayerId(const std::string& parent, const std::string& diff_digest);

class ImageWriter {
 public:
  static common::Result<ImageWriter> Create(const StorageLayout& layout, bool rootless);

  // The image's layers, lowest first, once. Those that the store has under the same chain are not read at all; the others
  // are unpacked several at a time: `at_once`, for sources that are mostly waited for; 0: as many as the machine has cores.
  common::Result<> AddLayers(std::vector<LayerSource> sources, unsigned at_once = 0);
  struct LayerFacts {
    std::string diff_digest;
    int64_t diff_size = 0;
  };
  std::vector<LayerFacts> layers() const;

  // All or nothing: on an error the store is as it was.
  common::Result<LoadedImage> Commit(const ImageText& text);

 private:
  struct Layer {
    std::string id, parent;
    LayerSource source;
    LayerFacts facts;
    bool is_staged = false;
    std::string directory;        // staged: becomes overlay/<id>
    common::UniqueFd tar_split;   // staged: an unnamed file
    UnpackedLayer unpacked;
  };

  ImageWriter(StorageLayout layout, bool rootless, StagingDir staging)
      : layout_(std::move(layout)), rootless_(rootless), staging_(std::move(staging)) {}

  common::Result<std::vector<Layer*>> LayersToUnpack();
  common::Result<> Stage();
  common::Result<> Unpack(Layer& layer, bool alone);
  common::Result<bool> AllReusedLayersAreThere(const LockedStore& store) const;
  std::vector<const Layer*> MissingLayers(const LockedStore& store) const;
  common::Result<> PutLayers(LockedStore& store, const std::vector<const Layer*>& added);
  common::Result<> PutLayerFiles(const Layer& layer);
  common::Result<> PutImage(LockedStore& store, const std::string& id, const ImageText& text);

  StorageLayout layout_;
  bool rootless_;
  StagingDir staging_;
  unsigned at_once_ = 0;
  std::vector<Layer> layers_;
};

}  // namespace skiff::image
