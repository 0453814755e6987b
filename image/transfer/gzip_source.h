// Compresses a stream.
#pragma once

#include <memory>

#include "image/transfer/byte_source.h"

namespace skiff::image {

// gzip without name and time: the same bytes for the same data.
common::Result<std::unique_ptr<ByteSource>> Gzip(std::unique_ptr<ByteSource> inner);
common::Result<std::unique_ptr<ByteSource>> Zstd(std::unique_ptr<ByteSource> inner);

}  // namespace skiff::image
