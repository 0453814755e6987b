// Docker's rule for new volumes: an empty one is filled with what the image has at the mount's path.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/result.h"

namespace skiff::pod {

// Copies the folder `path` of the image whose layers (top first) these are into `target`, with owner and mode. Nothing
// happens when the target has content, or when the image has no folder there.
common::Result<> FillFromImage(const std::vector<std::string>& lower_dirs, const std::string& path,
                               const std::string& target);

// Calls `work` with the merged view of the layers (top first), read-only. It is mounted where only the thread that calls
// `work`, and programs started in it, can see it.
common::Result<> WithMergedLayers(const std::vector<std::string>& lower_dirs,
                                  const std::function<common::Result<>(int directory)>& work);

}  // namespace skiff::pod
