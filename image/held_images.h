// Which images the holder records of Store::Hold protect.
#pragma once

#include <string>
#include <vector>

#include "common/json.h"
#include "common/result.h"
#include "common/system_paths.h"

namespace skiff::image {

// Ids of images; reading takes no lock.
common::Result<std::vector<std::string>> HeldImages(const common::SystemPaths& paths);
// Whether a record of containers.json is such a holder, and not somebody's container.
bool IsHolder(const common::JsonValue& record);
// The only name of an image's holder.
std::string HolderName(const std::string& image_id);

}  // namespace skiff::image
