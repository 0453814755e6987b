// Writes tar headers as podman's layers have them: ustar, with a pax header in front where ustar cannot hold a value.
#pragma once

#include <string>

#include "image/transfer/tar_reader.h"

namespace skiff::image {

// What stands before an entry's content; `size` counts for files only. Times are whole seconds, as everywhere in layers.
std::string TarHeader(const TarEntry& entry);
// The zeros after `size` bytes of content.
std::string TarPadding(int64_t size);
// The two empty blocks at the end.
std::string TarEnd();

}  // namespace skiff::image
