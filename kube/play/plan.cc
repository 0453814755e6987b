#include "kube/play/plan.h"

#include <algorithm>
#include <tuple>

#include "kube/view/service_view.h"

namespace skiff::kube {
namespace {

using common::ErrorCode;

struct Candidate {
  const pod::PodInfo* pod;
  bool used = false;
};

// A Pod's name is fixed, so whatever has it is in the way.
std::vector<Candidate> SameName(const ObjectKey& key, const std::vector<pod::PodInfo>& existing) {
  std::vector<Candidate> found;
  for (const pod::PodInfo& pod : existing) {
    if (pod.spec.kube_namespace == key.kube_namespace && pod.spec.name == key.name) found.push_back({&pod});
  }
  return found;
}

// Which are kept when there are too many, least first, as a ReplicaSet chooses: that run, are ready, have restarted less, are
// older.
std::tuple<bool, bool, int64_t, std::string> RankToGo(const pod::PodInfo& pod) {
  int64_t restarts = 0;
  for (const pod::ContainerInfo& container : pod.containers) restarts = std::max<int64_t>(restarts, container.status.restart_count);
  return {!IsRunning(pod), !PodIsReady(pod), restarts, pod.created};
}

std::vector<Candidate> SameOwner(const ObjectKey& key, const std::vector<pod::PodInfo>& existing) {
  std::vector<Candidate> found;
  for (const pod::PodInfo& pod : existing) {
    if (BelongsTo(pod, key)) found.push_back({&pod});
  }
  std::ranges::stable_sort(found, {}, [](const Candidate& c) { return RankToGo(*c.pod); });
  return found;
}

// Containers can be removed one by one (`skiff rm`); a pod does not get them back.
bool IsWhole(const pod::PodInfo& pod, const PodSet& set) {
  const auto is_there = [&](const Container& wanted) {
    return std::any_of(pod.containers.begin(), pod.containers.end(),
                       [&](const pod::ContainerInfo& container) { return container.spec.name == wanted.name; });
  };
  return std::all_of(set.spec().containers.begin(), set.spec().containers.end(), is_there) &&
         std::all_of(set.spec().init_containers.begin(), set.spec().init_containers.end(), is_there);
}

void PlanSet(const PodSet& set, size_t set_index, std::vector<Candidate> candidates, bool replace, PlayPlan& plan) {
  const size_t first = plan.pods.size();
  for (size_t index = 0; index < set.replicas(); ++index) {
    PlannedPod planned{.set = set_index, .index = index};
    const auto match = std::find_if(candidates.begin(), candidates.end(), [&](const Candidate& c) {
      return !replace && !c.used && !c.pod->WaitsForImage() && c.pod->spec.revision == set.Revision(index) &&
             IsWhole(*c.pod, set);
    });
    if (match != candidates.end()) {
      match->used = true;
      planned.existing = *match->pod;
    }
    plan.pods.push_back(std::move(planned));
  }
  size_t removed = 0;
  for (const Candidate& candidate : candidates) {
    if (candidate.used) continue;
    plan.obsolete.push_back({set_index, *candidate.pod});
    removed += !candidate.pod->WaitsForImage();
  }
  for (size_t i = first; i < plan.pods.size() && removed > 0; ++i) {
    if (plan.pods[i].existing) continue;
    plan.pods[i].replaces = true;
    --removed;
  }
}

}  // namespace

bool IsRunning(const pod::PodInfo& pod) { return pod.status.state == "running"; }

bool NeedsStart(const pod::PodInfo& pod) {
  const std::string& state = pod.status.state;
  if (state == "exited" && pod.status.reason == "DeadlineExceeded") return false;
  if (state != "running" && state != "exited") return true;
  bool any_app = false;
  for (const pod::ContainerInfo& container : pod.containers) {
    if (container.spec.init) continue;
    any_app = true;
    const auto& status = container.status;
    const bool ended = status.state == "exited" && status.final;
    if (state == "running" && !ended) continue;  // the supervisor sees to it
    if (!ended) return true;
    const auto policy = container.spec.restart_policy.value_or(pod.spec.restart_policy);
    if (policy == pod::RestartPolicy::kAlways) return true;
    if (policy == pod::RestartPolicy::kOnFailure && status.exit_code != 0) return true;
  }
  return !any_app;
}

bool BelongsTo(const pod::PodInfo& pod, const ObjectKey& key) {
  if (!pod.spec.from_kube) return false;
  if (key.kind == "Deployment") return pod.spec.owner == key.ToString();
  return pod.spec.owner.empty() && pod.spec.kube_namespace == key.kube_namespace && pod.spec.name == key.name;
}

PlayPlan MakePlan(const std::vector<PodSet>& sets, const std::vector<pod::PodInfo>& existing, bool replace) {
  PlayPlan plan;
  for (size_t i = 0; i < sets.size(); ++i) {
    const ObjectKey& key = sets[i].key();
    if (sets[i].is_deployment()) {
      PlanSet(sets[i], i, SameOwner(key, existing), replace, plan);
      continue;
    }
    const std::vector<Candidate> candidates = SameName(key, existing);
    const auto foreign = std::find_if(candidates.begin(), candidates.end(),
                                      [&](const Candidate& c) { return !BelongsTo(*c.pod, key); });
    if (foreign != candidates.end() && !replace) {
      plan.refused.emplace_back(
          i, MakeError(ErrorCode::kExists, "pod \"{}\" exists and was not made from a Pod of this name; remove it with "
                       "`skiff pod rm -f {}` or play with --replace", key.name, foreign->pod->id.substr(0, 12)));
      continue;
    }
    PlanSet(sets[i], i, candidates, replace, plan);
  }
  return plan;
}

}  // namespace skiff::kube
