// Which compressed blobs a layer has become when it was pushed: the next push asks for them before it compresses again.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/result.h"
#include "image/storage_layout.h"

namespace skiff::image {

struct KnownBlob {
  std::string digest;
  int64_t size = 0;
  std::string compression;  // "gzip", "zstd"
};

// A hint beside the store's own files: one that cannot be read or written costs time, nothing else.
class KnownBlobs {
 public:
  explicit KnownBlobs(const StorageLayout& layout) : path_(layout.Layers() + "/skiff-blobs.json") {}

  std::vector<KnownBlob> TryFind(const std::string& diff_digest) const;
  void TryRemember(const std::string& diff_digest, const KnownBlob& blob) const;

 private:
  std::string path_;
};

}  // namespace skiff::image
