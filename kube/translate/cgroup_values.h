// Requests and limits in the kernel's terms (kube-semantics.md 3.3, 3.4).
#pragma once

#include <cstdint>
#include <optional>

#include "kube/model/types/pod.h"
#include "pod/spec.h"

namespace skiff::kube {

uint64_t CpuShares(int64_t milli_cpu);  // of a request; 2..262144
int64_t CpuQuota(int64_t milli_cpu);    // of a limit, microseconds per 100000; at least 1000

pod::Resources ContainerResources(const ResourceRequirements& resources);
// Of the pod's own group: the sum of requests; quota and memory only if every container is limited or the pod-level
// `resources` say so.
pod::Resources PodResources(const PodSpec& spec);

enum class QosClass { kGuaranteed, kBurstable, kBestEffort };
QosClass QosOf(const PodSpec& spec);
// `container` is one of the pod's containers or init containers.
int OomScoreAdj(const PodSpec& spec, const Container& container, int64_t node_memory_bytes);

// An init container with restartPolicy Always.
bool IsSidecar(const Container& init_container);

}  // namespace skiff::kube
