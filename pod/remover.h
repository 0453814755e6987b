// Removing pods and containers whose pod's lock the caller holds.
#pragma once

#include <string>

#include "common/result.h"
#include "pod/context.h"

namespace skiff::pod {

// Files first, then the record: a removal that was interrupted can be repeated. Nothing of the pod runs.
common::Result<> RemoveLockedPod(Context& context, const PodRecord& pod, OperationLock& lock);

// `run --rm`: removes the containers of an ended pod that asked for it and have run, the implicit pod with its last one.
common::Result<> RemoveEndedContainers(Context& context, const PodRecord& pod, OperationLock& lock);

// One container's files and record; `with_volumes`: and its volumes with made-up names that no sibling mounts.
common::Result<> RemoveContainerFiles(Context& context, const ContainerRecord& container, bool with_volumes);

// Folders of volumes with made-up names whose record went with their pod's or container's.
common::Result<> RemoveUnrecordedVolumes(Context& context);

}  // namespace skiff::pod
