#include "image/storage_layout.h"

#include <fcntl.h>

#include <algorithm>
#include <cstdio>

#include "common/base64.h"
#include "common/file.h"

namespace skiff::image {

common::Result<> StorageLayout::MakeFolders() const {
  TRY(common::MakeDirectories(graph_, 0700));
  for (const char* name : {"overlay-layers", "overlay-images", "overlay-containers"})
    TRY(common::MakeDirectories(graph_ + "/" + name, 0700));
  TRY(common::MakeDirectories(Overlay() + "/l", 0755));
  return {};
}

common::Result<> StorageLayout::MoveInOverlay(const std::string& from, const std::string& to) const {
  ASSIGN_OR_RETURN(const common::UniqueFd folder, common::Open(Overlay(), O_PATH | O_DIRECTORY));
  const auto relative = [&](const std::string& path) { return path.c_str() + Overlay().size() + 1; };
  if (::renameat(folder.get(), relative(from), folder.get(), relative(to)) != 0)
    return common::ErrnoError("move {} to {}", from, to);
  return {};
}

std::string StorageLayout::BigDataFileName(std::string_view key) {
  const bool plain = std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '.';
  });
  return plain ? std::string(key) : "=" + common::EncodeBase64(key);
}

}  // namespace skiff::image
