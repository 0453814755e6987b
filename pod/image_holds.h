// podman shall not remove an image that our containers use: one holder record per image, from its first container to its
// last.
#pragma once

#include <string>
#include <vector>

#include "common/result.h"
#include "pod/context.h"

namespace skiff::pod {

// Before the records of new containers are written, so that there is no moment in which a used image is unprotected.
// What was held for nothing is given back by ReleaseUnused.
common::Result<> HoldImages(Context& context, const std::vector<ContainerRecord>& containers);
common::Result<> ReleaseUnused(Context& context, const std::vector<std::string>& image_ids);

}  // namespace skiff::pod
