// What can be told about a container before it is created, so that nothing half-right is ever recorded.
#pragma once

#include <string>

#include "common/result.h"
#include "pod/context.h"
#include "pod/state/state_store.h"

namespace skiff::pod {

// The record of a new container of this pod, without its shown name: image found, command, user, capabilities, limits and
// mounts checked. The error names the container.
common::Result<ContainerRecord> ResolveContainer(Context& context, const PodSpec& pod, const ContainerSpec& spec);

// The record of one whose image is not there.
ContainerRecord UnresolvedContainer(const ContainerSpec& spec);

// Of the pod itself: names unique, volumes with one source each, ports published once.
common::Result<> CheckPod(const PodSpec& pod);

}  // namespace skiff::pod
