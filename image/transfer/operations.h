// What skiff-transfer does, one function per verb.
#pragma once

#include <string>
#include <vector>

#include "common/result.h"
#include "common/system_paths.h"
#include "image/policy.h"
#include "image/transfer.h"

namespace skiff::image {

// As LoadArchive and ImportTarball, in this process; "fd:N" as the source reads a descriptor.
// `policy` says which images may be taken.
common::Result<std::vector<LoadedImage>> Load(const common::SystemPaths& paths, const std::string& source, const Policy& policy);
common::Result<LoadedImage> Import(const common::SystemPaths& paths, const std::string& source, const ImportOptions& options);

// `source`: "fd:N", a directory.
common::Result<LoadedImage> Commit(const common::SystemPaths& paths, const std::string& source, const CommitOptions& options);
// To the descriptor `output`.
common::Result<> Export(const std::string& source, int output);

// `output`: a directory, or "fd:N".
common::Result<> Save(const common::SystemPaths& paths, const std::vector<SavedImage>& images, const SaveOptions& options,
                      const std::string& output);

}  // namespace skiff::image
