// One call of `kube play`, step by step.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "kube/play/image_wish.h"
#include "kube/play/plan.h"
#include "kube/play/play.h"
#include "kube/play/pod_set.h"
#include "kube/translate/config_source.h"

namespace skiff::kube {

class Player {
 public:
  Player(const std::vector<Object>& objects, const PlayOptions& options, const BackendFactory& open_backend,
         const PlayObserver& observer);
  PlayReport Run();

 private:
  struct PodWork {
    pod::PodSpec spec;
    PodResult result;
  };

  // Finds everything that is wrong with the objects themselves; nothing is changed before.
  void ApplyPublish();
  void ApplyEarlierSettings();
  void Resolve();
  void CheckClaims(const PodSet& set, Problems& problems);
  using ImageFailure = PodBackend::ImageFailure;

  // Sees to it that the images of the pods to be made are there. Pods whose image cannot be had are recorded as waiting for it,
  // unless there are others in their place: what runs is not given up for what cannot.
  void ProvideImages();
  struct MissingImages {
    std::vector<ImageFailure> failures;
    std::vector<WaitingPod::Wait> waits;  // beside failures
    PullSecretNames pull_secrets;
  };
  void WaitForImages(size_t set, const MissingImages& missing);
  std::vector<common::Result<>> FindOrPull(const std::vector<ImageWish>& wishes);
  void StoreConfiguration();
  void FollowServices();
  // Before anything is removed: sets whose new pods could not start are refused.
  void KeepWhatCannotBeReplaced();
  void CheckReplacement(const PlannedPod& planned, const std::vector<std::string>& leaving);
  common::Error Located(PodBackend& backend, const PlannedPod& planned, const pod::PodSpec& spec, common::Error error) const;
  void RemoveObsolete();
  // Of the pods that are to stay.
  void FindDamagedNetworks();
  void MakeAndStart();
  // For a pod on the host's network that asks for the cluster's DNS: until another one of this call has brought its server up, or
  // none will.
  void AwaitNameServer(PodBackend& backend);
  void HandlePod(PodBackend& backend, const PlannedPod& planned, PodWork& work);
  void StoreWorkloads();
  void CollectResults();

  // `waits_for`: null for a pod whose images are there.
  common::Result<> Make(PodBackend& backend, PodWork& work, const std::vector<ImageFailure>* waits_for);
  common::Result<> Start(PodBackend& backend, const PodResult& result);
  void Refuse(size_t set, common::Error error);
  void Warn(const std::string& text);
  void Fail(common::Error error);
  Change ChangeOf(size_t set, bool existed, bool definition_changed) const;

  std::vector<Object> objects_;
  const PlayOptions& options_;
  const BackendFactory& open_backend_;
  const PlayObserver& observer_;
  std::unique_ptr<PodBackend> backend_;
  ConfigSource config_;
  PodSettings settings_;
  std::vector<PodSet> sets_;
  std::vector<std::vector<std::string>> pull_secrets_;  // beside sets_
  std::vector<size_t> set_of_object_;  // kNoSet for other kinds
  PlayPlan plan_;
  std::set<size_t> refused_;         // sets that are left as they are
  std::map<size_t, MissingImages> waiting_;  // sets whose pods are recorded only
  std::set<size_t> with_removals_;   // sets that lost a pod
  std::set<std::string> damaged_;    // ids of pods that run and whose network is not whole
  std::vector<PodWork> work_;        // beside plan_.pods
  std::vector<Change> object_changes_;  // beside objects_
  std::mutex mutex_;  // guards what follows and the observer while tasks run
  size_t named_pods_left_ = 0;           // not handled yet, of those that have a name server
  std::vector<std::string> named_pods_;  // ids of those that run or are being started
  PlayReport report_;
};

}  // namespace skiff::kube
