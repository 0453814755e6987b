// A container's root file system and the binds that its config.json names, in the pod's mount namespace.
#pragma once

#include "common/result.h"
#include "pod/supervisor/plan.h"

namespace skiff::supervisor {

// Mounts the overlay at plan.rootfs, with an empty writable layer unless plan.persist_writable, binds the sub paths and
// empties the termination message. On error nothing stays mounted.
common::Result<> MountContainerRoot(const ContainerPlan& plan);
// What is not mounted is fine.
common::Result<> UnmountContainerRoot(const ContainerPlan& plan);

}  // namespace skiff::supervisor
