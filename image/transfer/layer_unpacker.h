// One layer in one pass: read, hash, decompress, hash, record for tar-split, unpack.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/result.h"
#include "image/transfer/byte_source.h"
#include "image/transfer/decompressor.h"

namespace skiff::image {

struct UnpackedLayer {
  std::string diff_digest;  // of the tar
  int64_t diff_size = 0;
  std::string blob_digest;  // as it was in the archive
  int64_t blob_size = 0;
  Compression compression = Compression::kNone;
  std::vector<uint32_t> uids, gids;  // sorted
};

struct UnpackOptions {
  std::string directory;   // exists and is empty
  int tar_split_fd = -1;   // gets the gzip of the tar-split records
  bool user_xattrs = false;
  bool read_ahead = false;  // decompress in a second thread
};

common::Result<UnpackedLayer> UnpackLayer(std::unique_ptr<ByteSource> blob, const UnpackOptions& options);

}  // namespace skiff::image
