// What images.json and layers.json say at one moment, without the images' configurations.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/result.h"
#include "image/storage_layout.h"
#include "image/store.h"

namespace skiff::image {

struct StoredImage {
  Image image;  // architecture, os and config are not filled in
  std::string config_key;            // of the big data file that holds the configuration
  std::vector<std::string> digests;  // every digest by which the image can be named
};

struct Snapshot {
  struct Layer {
    std::string parent;
    int64_t size = 0;  // bytes, uncompressed
  };

  std::vector<StoredImage> images;
  std::map<std::string, Layer, std::less<>> layers;

  // Read without locks: images first, so that every layer they name was there at that time.
  static common::Result<std::shared_ptr<const Snapshot>> Load(const StorageLayout& layout);

  // Layer ids, top first. kInvalid when the chain is broken.
  common::Result<std::vector<std::string>> Chain(const std::string& top_layer) const;
};

// A snapshot that is read again only after the files have changed. Threads may share it.
class SnapshotCache {
 public:
  explicit SnapshotCache(StorageLayout layout);
  ~SnapshotCache();
  common::Result<std::shared_ptr<const Snapshot>> Get();

 private:
  struct State;
  StorageLayout layout_;
  std::unique_ptr<State> state_;
};

}  // namespace skiff::image
