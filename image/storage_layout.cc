#include "image/storage_layout.h"

#include <algorithm>

#include "common/file.h"
#include "image/base64.h"

namespace skiff::image {

common::Result<> StorageLayout::MakeFolders() const {
  TRY(common::MakeDirectories(graph_, 0700));
  for (const char* name : {"overlay-layers", "overlay-images", "overlay-containers"})
    TRY(common::MakeDirectories(graph_ + "/" + name, 0700));
  TRY(common::MakeDirectories(Overlay() + "/l", 0755));
  return {};
}

std::string StorageLayout::BigDataFileName(std::string_view key) {
  const bool plain = std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '.';
  });
  return plain ? std::string(key) : "=" + EncodeBase64(key);
}

}  // namespace skiff::image
