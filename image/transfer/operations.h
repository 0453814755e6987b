// What skiff-transfer does, one function per verb.
#pragma once

#include <string>
#include <vector>

#include "common/result.h"
#include "common/system_paths.h"
#include "image/transfer.h"

namespace skiff::image {

// As LoadArchive and ImportTarball, in this process; "fd:N" as the source reads a descriptor.
common::Result<std::vector<LoadedImage>> Load(const common::SystemPaths& paths, const std::string& source);
common::Result<LoadedImage> Import(const common::SystemPaths& paths, const std::string& source, const ImportOptions& options);

}  // namespace skiff::image
