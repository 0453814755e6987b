// Decompresses gzip with ISA-L, which takes a third of zlib's time; without ISA-L at build time decompressor.cc uses libarchive.
#pragma once

#include <memory>

#include "image/transfer/byte_source.h"

namespace skiff::image {

// Any number of members one after another, as RFC 1952 allows; what follows them and is none is left unread. The end of each is
// verified by its check sum.
std::unique_ptr<ByteSource> Gunzip(std::unique_ptr<ByteSource> inner);

}  // namespace skiff::image
