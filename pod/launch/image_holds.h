// podman shall not remove an image that our containers use: one holder record per image, from its first container to its
// last.
#pragma once

#include <vector>

#include "common/file_lock.h"
#include "common/result.h"
#include "pod/context.h"

namespace skiff::pod {

// Before the records of new containers are written, so that there is no moment in which a used image is unprotected. The lock
// is to be kept until they are written: while it is held, nothing is released.
common::Result<common::FileLock> HoldImages(Context& context, const std::vector<ContainerRecord>& containers);
// Every image that is held for no container, so that what a killed command left goes with the next removal.
common::Result<> ReleaseUnused(Context& context);

}  // namespace skiff::pod
