// Decompression of layers and archives. The kind is told by the first bytes, never by a name or media type.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "image/transfer/byte_source.h"

namespace skiff::image {

// The numbers are those of layers.json (formats.md 1.4).
enum class Compression { kNone = 0, kBzip2 = 1, kGzip = 2, kXz = 3, kZstd = 4 };

Compression DetectCompression(std::string_view first_bytes);

struct Decompressed {
  std::unique_ptr<ByteSource> source;
  Compression compression = Compression::kNone;
};
// Above 256 MiB, data that grow more than 200 times are refused as a bomb (kInvalid).
// Reads `inner` to its end even where the compressed data end before, so that a digest taken below covers everything.
common::Result<Decompressed> Decompress(std::unique_ptr<ByteSource> inner);

}  // namespace skiff::image
