// Removing pods and containers whose pod's lock the caller holds.
#pragma once

#include <optional>
#include <string>

#include "common/result.h"
#include "pod/context.h"
#include "pod/engine.h"

namespace skiff::pod {

// Files first, then the record: a removal that was interrupted can be repeated. Nothing of the pod runs.
common::Result<> RemoveLockedPod(Context& context, const PodRecord& pod, OperationLock& lock);

// `run --rm`: removes the containers of an ended pod that asked for it and have run, the implicit pod with its last one.
common::Result<> RemoveEndedContainers(Context& context, const PodRecord& pod, OperationLock& lock);

// A container's pod with this one alone, for the journal of what is removed. nullopt: nothing can be told.
std::optional<PodInfo> LastSeen(Context& context, const ContainerRecord& container);

// One container's files and record; `with_volumes`: and its volumes with made-up names that no sibling mounts. `last_seen`: from
// before the supervisor of a pod that lives on has forgotten it.
common::Result<> RemoveContainerFiles(Context& context, const ContainerRecord& container, bool with_volumes,
                                      const std::optional<PodInfo>& last_seen);

// Folders of volumes with made-up names whose record went with their pod's or container's.
common::Result<> RemoveUnrecordedVolumes(Context& context);

}  // namespace skiff::pod
