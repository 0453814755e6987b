// Decompression of layers and archives. The kind is told by the first bytes, never by a name or media type.
#pragma once

#include <cstdint>
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

constexpr int64_t kHarmlessSize = int64_t{256} << 20;
// How large data that grow without measure may become in this directory: half of what is free, at least kHarmlessSize. An image
// with a file of zeros grows a thousandfold like a bomb; the difference is whether it fills the disk.
int64_t GrowthLimitAt(const std::string& directory);

// Beyond `growth_limit` bytes, data that have grown more than 200 times are refused (kInvalid).
// Reads `inner` to its end even where the compressed data end before, so that a digest taken below covers everything.
common::Result<Decompressed> Decompress(std::unique_ptr<ByteSource> inner, int64_t growth_limit = kHarmlessSize);

}  // namespace skiff::image
