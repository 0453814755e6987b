// Which stored image a reference means (formats.md 2.2, last item).
#pragma once

#include <string>

#include "common/result.h"
#include "common/system_paths.h"
#include "image/snapshot.h"

namespace skiff::image {

struct Match {
  const StoredImage* image = nullptr;  // belongs to the snapshot
  std::string name;  // the stored name that matched; empty when found by id or digest
};

// kNotFound names what was tried; kInvalid: ambiguous or not a reference.
common::Result<Match> FindImage(const Snapshot& snapshot, const common::SystemPaths& paths, const std::string& reference);

}  // namespace skiff::image
