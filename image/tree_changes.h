// How one file tree differs from another.
#pragma once

#include <string>
#include <vector>

#include "common/result.h"
#include "image/layer_changes.h"

namespace skiff::image {

// What has to be added, changed and deleted in `old_root` to make `new_root` of it, by path. As podman sees it: contents are
// not compared but size, time of change, mode, owner and device; a directory counts as changed where something in it is.
common::Result<std::vector<Change>> TreeChanges(const std::string& new_root, const std::string& old_root);

}  // namespace skiff::image
