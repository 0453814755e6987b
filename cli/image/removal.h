// What rmi and image prune share.
#pragma once

#include <string>
#include <vector>

#include "cli/context.h"
#include "common/result.h"

namespace skiff::cli {

// After an image has gone: its parent too if it has no name, nobody uses it and nothing else was made from it, and so on
// upward. `parent_id` is what Family said before; may be empty. Returns the ids that were removed.
common::Result<std::vector<std::string>> RemoveUnneededParents(image::Store& store, std::string parent_id);

}  // namespace skiff::cli
