#include "image/held_images.h"

#include "image/record_file.h"
#include "image/storage_layout.h"

namespace skiff::image {

using common::Result;

std::string HolderName(const std::string& image_id) { return "skiff-hold-" + image_id.substr(0, 12); }

bool IsHolder(const common::JsonValue& record) {
  const auto names = common::GetStrings(record, "names");
  return names.size() == 1 && names[0] == HolderName(std::string(common::GetString(record, "image")));
}

Result<std::vector<std::string>> HeldImages(const common::SystemPaths& paths) {
  std::vector<std::string> images;
  ASSIGN_OR_RETURN(const RecordFile containers, RecordFile::Load(StorageLayout(paths).ContainersJson()));
  for (const auto& record : containers.records().GetArray()) {
    if (IsHolder(record)) images.emplace_back(common::GetString(record, "image"));
  }
  return images;
}

}  // namespace skiff::image
