// Stored layers as the tar streams that they were unpacked from, bit for bit.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/result.h"
#include "image/storage_layout.h"
#include "image/transfer/byte_source.h"
#include "image/transfer/decompressor.h"

namespace skiff::image {

// What layers.json says of one.
struct StoredLayer {
  std::string id;
  std::string diff_digest;   // of the tar; empty where the maker did not record it
  int64_t diff_size = -1;    // -1: not recorded
  std::string blob_digest;   // of the data as they were pulled; empty: not recorded
  int64_t blob_size = -1;
  Compression compression = Compression::kNone;  // of the blob
};

// The layers of an image, lowest first. kInvalid: one is missing.
common::Result<std::vector<StoredLayer>> StoredLayers(const StorageLayout& layout, const std::string& top_layer);

// Layers by the digest of their tar, whatever lies below them; only those that can be exported bit for bit.
common::Result<std::map<std::string, StoredLayer>> LayersByDiffDigest(const StorageLayout& layout);

// The layer's tar. Reading its end fails (kInvalid) when digest or size are not those of the record, so what was read must not
// be believed before. A layer without tar-split record is packed anew, in a form that is the same each time.
common::Result<std::unique_ptr<ByteSource>> OpenLayerTar(const StorageLayout& layout, const StoredLayer& layer);

}  // namespace skiff::image
