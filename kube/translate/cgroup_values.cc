#include "kube/translate/cgroup_values.h"

#include <algorithm>

namespace skiff::kube {
namespace {

constexpr int64_t kPeriod = 100000;  // microseconds, the kubelet's default
constexpr char kCpu[] = "cpu";
constexpr char kMemory[] = "memory";

// A limit of zero counts as none.
std::optional<Quantity> Amount(const ResourceList& list, const char* resource) {
  const auto found = list.find(resource);
  if (found == list.end() || found->second.IsZero()) return std::nullopt;
  return found->second;
}

Quantity AmountOrZero(const ResourceList& list, const char* resource) {
  return Amount(list, resource).value_or(Quantity());
}

using List = ResourceList ResourceRequirements::*;

// The largest of: everything that runs together later, and each init container with the sidecars started before it.
Quantity EffectiveAmount(const PodSpec& spec, List list, const char* resource) {
  Quantity sidecars;
  Quantity largest_init;
  for (const Container& container : spec.init_containers) {
    const Quantity own = AmountOrZero(container.resources.*list, resource);
    if (IsSidecar(container)) sidecars = sidecars + own;
    largest_init = std::max(largest_init, IsSidecar(container) ? sidecars : sidecars + own);
  }
  Quantity together = sidecars;
  for (const Container& container : spec.containers) together = together + AmountOrZero(container.resources.*list, resource);
  return std::max(together, largest_init) + AmountOrZero(spec.overhead, resource);
}

bool EveryContainerLimits(const PodSpec& spec, const char* resource) {
  const auto limited = [&](const Container& c) { return Amount(c.resources.limits, resource).has_value(); };
  return std::all_of(spec.containers.begin(), spec.containers.end(), limited) &&
         std::all_of(spec.init_containers.begin(), spec.init_containers.end(), limited);
}

// The pod's amount: its own where `resources` of the pod says so, else what the containers add up to.
Quantity PodRequest(const PodSpec& spec, const char* resource) {
  if (spec.resources) {
    if (const auto own = Amount(spec.resources->requests, resource)) return *own;
  }
  const Quantity together = EffectiveAmount(spec, &ResourceRequirements::requests, resource);
  return together.IsZero() && spec.resources ? AmountOrZero(spec.resources->limits, resource) : together;
}

std::optional<Quantity> PodLimit(const PodSpec& spec, const char* resource) {
  if (spec.resources) {
    if (const auto own = Amount(spec.resources->limits, resource)) return own;
  }
  if (!EveryContainerLimits(spec, resource)) return std::nullopt;
  return EffectiveAmount(spec, &ResourceRequirements::limits, resource);
}

void SetLimits(pod::Resources& out, std::optional<Quantity> cpu, std::optional<Quantity> memory) {
  if (cpu) {
    out.cpu_quota = CpuQuota(cpu->MilliValue());
    out.cpu_period = kPeriod;
  }
  if (memory) {
    out.memory_limit = memory->Value();
    out.memory_swap = out.memory_limit;  // memory and swap together: no swap
  }
}

bool IsGuaranteed(const ResourceRequirements& resources) {
  for (const char* name : {kCpu, kMemory}) {
    const auto limit = Amount(resources.limits, name);
    if (!limit || Amount(resources.requests, name) != limit) return false;
  }
  return true;
}

bool IsBestEffort(const ResourceRequirements& resources) {
  for (const char* name : {kCpu, kMemory}) {
    if (Amount(resources.limits, name) || Amount(resources.requests, name)) return false;
  }
  return true;
}

}  // namespace

bool IsSidecar(const Container& init_container) { return init_container.restart_policy == "Always"; }

uint64_t CpuShares(int64_t milli_cpu) {
  // Beyond 256 cores the kernel's upper end is reached; checked first, as the product could overflow.
  if (milli_cpu >= 256000) return 262144;
  return static_cast<uint64_t>(std::max<int64_t>(2, milli_cpu * 1024 / 1000));
}

int64_t CpuQuota(int64_t milli_cpu) {
  constexpr int64_t kMostMilli = INT64_MAX / kPeriod;
  return std::max<int64_t>(1000, std::min(milli_cpu, kMostMilli) * kPeriod / 1000);
}

pod::Resources ContainerResources(const ResourceRequirements& resources) {
  pod::Resources out;
  const auto request = Amount(resources.requests, kCpu);
  out.cpu_shares = CpuShares(request ? request->MilliValue() : 0);
  SetLimits(out, Amount(resources.limits, kCpu), Amount(resources.limits, kMemory));
  out.oom_kill_group = true;
  return out;
}

pod::Resources PodResources(const PodSpec& spec) {
  pod::Resources out;
  out.cpu_shares = CpuShares(PodRequest(spec, kCpu).MilliValue());
  SetLimits(out, PodLimit(spec, kCpu), PodLimit(spec, kMemory));
  return out;
}

QosClass QosOf(const PodSpec& spec) {
  if (spec.resources && !IsBestEffort(*spec.resources))
    return IsGuaranteed(*spec.resources) ? QosClass::kGuaranteed : QosClass::kBurstable;
  bool guaranteed = true;
  bool best_effort = true;
  for (const auto* containers : {&spec.init_containers, &spec.containers}) {
    for (const Container& container : *containers) {
      guaranteed = guaranteed && IsGuaranteed(container.resources);
      best_effort = best_effort && IsBestEffort(container.resources);
    }
  }
  if (best_effort) return QosClass::kBestEffort;
  return guaranteed ? QosClass::kGuaranteed : QosClass::kBurstable;
}

int OomScoreAdj(const PodSpec& spec, const Container& container, int64_t node_memory_bytes) {
  switch (QosOf(spec)) {
    case QosClass::kGuaranteed:
      return -997;
    case QosClass::kBestEffort:
      return 1000;
    case QosClass::kBurstable:
      break;
  }
  if (node_memory_bytes <= 0) return 999;
  const auto score = [&](const Container& c) {
    const __int128 request = AmountOrZero(c.resources.requests, kMemory).Value();
    const auto value = static_cast<int64_t>(1000 - 1000 * request / node_memory_bytes);
    if (value < 3) return 3;
    return value == 1000 ? 999 : static_cast<int>(value);
  };
  int adjusted = score(container);
  if (!IsSidecar(container) || spec.containers.empty()) return adjusted;
  // A sidecar is not to be killed before the container that it serves: the one that asks for the least memory.
  const auto least = std::min_element(spec.containers.begin(), spec.containers.end(), [&](const auto& a, const auto& b) {
    return AmountOrZero(a.resources.requests, kMemory) < AmountOrZero(b.resources.requests, kMemory);
  });
  return std::min(adjusted, score(*least));
}

}  // namespace skiff::kube
