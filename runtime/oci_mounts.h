// The mounts of a container: the standard ones and those of the caller, in an order that works.
#pragma once

#include <vector>

#include "common/result.h"
#include "runtime/oci_config.h"

namespace skiff::runtime {

// The standard mounts that `input` does not replace by mounts of its own at or above their place, then
// input.mounts with parents before children. kInvalid for a destination that is not absolute, leaves the
// root, or is taken twice.
common::Result<std::vector<OciMount>> CollectMounts(const OciInput& input);

}  // namespace skiff::runtime
