// Compares the pods that are wanted with those that exist. Nothing is changed here.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kube/play/backend.h"
#include "kube/play/pod_set.h"

namespace skiff::kube {

struct PlannedPod {
  size_t set = 0;    // index of its PodSet
  size_t index = 0;  // its place in the set
  std::optional<pod::PodInfo> existing;  // is what is wanted; absent: to be made
  bool replaces = false;                 // another one is removed for it
};

struct ObsoletePod {
  size_t set = 0;
  pod::PodInfo pod;
};

struct PlayPlan {
  std::vector<PlannedPod> pods;       // in the order of the sets and their places
  std::vector<ObsoletePod> obsolete;  // to be removed before anything is made
  std::vector<std::pair<size_t, common::Error>> refused;  // sets that cannot be played, with the reason
};

PlayPlan MakePlan(const std::vector<PodSet>& sets, const std::vector<pod::PodInfo>& existing, bool replace);

bool IsRunning(const pod::PodInfo& pod);
// The pod, or one of its containers, does not run although its restart policy wants it to: it was stopped by hand, never
// started, or the machine went down. What has ended as its policy wants it stays so when the same is played again.
bool NeedsStart(const pod::PodInfo& pod);

// The pods of a Pod or Deployment.
bool BelongsTo(const pod::PodInfo& pod, const ObjectKey& key);

}  // namespace skiff::kube
