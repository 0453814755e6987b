// Reads a stream in a thread of its own, so that decompression and unpacking overlap.
#pragma once

#include <memory>

#include "image/transfer/byte_source.h"

namespace skiff::image {

// At most about 2 MiB are held in advance. The thread ends with the stream or with the returned object.
std::unique_ptr<ByteSource> ReadAhead(std::unique_ptr<ByteSource> inner);

}  // namespace skiff::image
