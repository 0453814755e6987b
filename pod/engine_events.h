// What is known of a pod and its containers as podman's events; what is kept of the pods that are gone.
#pragma once

#include <vector>

#include "pod/engine.h"
#include "pod/state/journal.h"

namespace skiff::pod {

// From records and status, so that of a container's runs only the last two are known. In no order.
std::vector<EngineEvent> EventsOf(const PodInfo& pod);
std::vector<EngineEvent> EventsOf(const PodInfo& pod, const ContainerInfo& container);

// To be called when they are gone, with what was known before: their events and the removal go into the journal. An event that
// cannot be written is no reason for a removal to fail. `kube_events`: what the pod's own log said, which goes with it.
void RecordRemoval(const common::SystemPaths& paths, const PodInfo& pod, const std::vector<PodEvent>& kube_events);
void RecordRemoval(const common::SystemPaths& paths, const PodInfo& pod, const ContainerInfo& container);

// Kubernetes' events of removed pods out of the journal, for the hour that Kubernetes keeps them.
class GonePodEvents {
 public:
  explicit GonePodEvents(const common::SystemPaths& paths) : journal_(paths) {}

  // Of type kKubeEventType, in the order of their writing.
  common::Result<std::vector<EngineEvent>> Read();

 private:
  JournalReader journal_;
  std::vector<EngineEvent> events_;
};

}  // namespace skiff::pod
