// What is known of a pod and its containers as podman's events.
#pragma once

#include <vector>

#include "pod/engine.h"
#include "pod/state/journal.h"

namespace skiff::pod {

// From records and status, so that of a container's runs only the last two are known. In no order.
std::vector<EngineEvent> EventsOf(const PodInfo& pod);
std::vector<EngineEvent> EventsOf(const PodInfo& pod, const ContainerInfo& container);

// To be called when they are gone, with what was known before: their events and the removal go into the journal. An event that
// cannot be written is no reason for a removal to fail.
void RecordRemoval(const common::SystemPaths& paths, const PodInfo& pod);
void RecordRemoval(const common::SystemPaths& paths, const PodInfo& pod, const ContainerInfo& container);

}  // namespace skiff::pod
