#include "kube/play/player.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <thread>

#include "kube/play/object_store.h"
#include "kube/play/parallel.h"
#include "kube/play/played_with.h"
#include "kube/play/publish.h"
#include "kube/play/reconcile.h"
#include "kube/play/start_fields.h"
#include "kube/translate/host_paths.h"

namespace skiff::kube {
namespace {

using common::ErrorCode;

constexpr size_t kNoSet = static_cast<size_t>(-1);

constexpr std::chrono::milliseconds kNameServerPause{5};

// The name server lives with the pods of the default network.
bool HasNameServer(const pod::PodSpec& spec) {
  if (spec.network.mode != pod::NetworkSpec::Mode::kBridge) return false;
  const auto& networks = spec.network.networks;
  return networks.empty() || std::ranges::any_of(networks, [](const pod::NetworkAttachment& attachment) {
           return attachment.name.empty() || attachment.name == network::Network::kDefaultName;
         });
}

bool UsesNameServerOfOthers(const pod::PodSpec& spec) {
  return spec.network.mode == pod::NetworkSpec::Mode::kHost && spec.dns.policy == pod::DnsConfig::Policy::kClusterFirstWithHostNet;
}

size_t WorkersOf(unsigned wanted) {
  return wanted > 0 ? wanted : 2 * std::max(1u, std::thread::hardware_concurrency());
}

std::vector<std::string> AppContainerIds(const pod::PodInfo& pod) {
  std::vector<std::string> ids;
  for (const pod::ContainerInfo& container : pod.containers) {
    if (!container.spec.init) ids.push_back(container.id);
  }
  return ids;
}

}  // namespace

Player::Player(const std::vector<Object>& objects, const PlayOptions& options, const BackendFactory& open_backend,
               const PlayObserver& observer)
    : objects_(objects),
      options_(options),
      open_backend_(open_backend),
      observer_(observer),
      settings_{options.network, options.node ? *options.node : ReadNodeInfo(), config_} {
  for (Object& object : objects_) {
    MakeHostPathsAbsolute(object);
    const bool is_workload = PodSpecOf(std::as_const(object)) != nullptr;
    set_of_object_.push_back(is_workload ? sets_.size() : kNoSet);
    if (is_workload) sets_.emplace_back(object);
  }
  object_changes_.resize(objects_.size(), Change::kUnchanged);
}

PlayReport Player::Run() {
  auto backend = open_backend_();
  if (!backend) {
    Fail(backend.error());
    return std::move(report_);
  }
  backend_ = std::move(*backend);
  const auto locks = backend_->LockObjects(KeysOf(objects_));
  if (!locks) {
    Fail(locks.error());
    return std::move(report_);
  }
  ApplyPublish();
  ApplyEarlierSettings();
  Resolve();
  report_.refused = !report_.errors.empty();
  if (report_.refused) return std::move(report_);
  const auto existing = backend_->ListPods();
  if (!existing) {
    Fail(existing.error());
    return std::move(report_);
  }
  plan_ = MakePlan(sets_, *existing, options_.replace);
  for (auto& [set, error] : plan_.refused) Refuse(set, std::move(error));
  ProvideImages();
  StoreConfiguration();
  // Before the pods: their containers get the variables of the Services that are there when they start.
  FollowServices();
  KeepWhatCannotBeReplaced();
  RemoveObsolete();
  FindDamagedNetworks();
  MakeAndStart();
  FollowServices();
  StoreWorkloads();
  CollectResults();
  return std::move(report_);
}

void Player::ApplyPublish() {
  for (const std::string& text : options_.publish) {
    const auto port = ParsePublish(text);
    if (!port) {
      Fail(port.error());
      continue;
    }
    if (sets_.empty()) continue;
    const auto declares = [&](const PodSet& set) { return DeclaresPort(set.spec(), *port); };
    const auto found = std::find_if(sets_.begin(), sets_.end(), declares);
    // A host port is there once; where nobody declares the container port, the first pod of the manifest is meant.
    PodSet& set = found == sets_.end() ? sets_.front() : *found;
    set.Publish(*port);
    if (found != sets_.end() && std::any_of(std::next(found), sets_.end(), declares))
      Warn(fmt::format("--publish {}: several pods have this port; {} \"{}\" holds the host port", text, set.key().kind,
                       set.key().name));
  }
}

// Both ways: a Deployment gets the settings of its last play, or those of this one are recorded for later.
void Player::ApplyEarlierSettings() {
  for (size_t i = 0; i < objects_.size(); ++i) {
    if (set_of_object_[i] == kNoSet || !sets_[set_of_object_[i]].is_deployment()) continue;
    PodSet& set = sets_[set_of_object_[i]];
    ObjectMeta& metadata = objects_[i].metadata();
    if (!options_.as_before) {
      RecordPlayedWith({options_.network, set.published()}, metadata);
      continue;
    }
    const auto settings = ReadPlayedWith(metadata);
    if (!settings) {
      Fail(settings.error());
      continue;
    }
    if (settings->network) set.UseNetwork(*settings->network);
    for (const pod::PortMapping& port : settings->ports) set.Publish(port);
  }
}

void Player::Resolve() {
  for (const Object& object : objects_) {
    if (options_.replace) break;
    if (auto changeable = RequireMutable(*backend_, object); !changeable) Fail(std::move(changeable).error());
  }
  config_.Add(objects_);
  config_.Add(options_.config_maps);
  config_.SetFallback([this](const ObjectKey& key) { return LoadObject(*backend_, options_.read_object, key); });
  for (PodSet& set : sets_) {
    Problems problems(set.object());
    set.Resolve(settings_, problems);
    CheckClaims(set, problems);
    pull_secrets_.push_back(PullSecretsOf(set, config_, problems));
    for (const std::string& warning : problems.warnings()) Warn(warning);
    for (const common::Error& error : problems.errors()) Fail(error);
  }
  // What optional references did not find now is not to appear halfway.
  config_.SetFallback(nullptr);
}

void Player::CheckClaims(const PodSet& set, Problems& problems) {
  for (size_t i = 0; i < set.spec().volumes.size(); ++i) {
    const auto& claim = set.spec().volumes[i].persistent_volume_claim;
    if (!claim) continue;
    const ObjectKey key{PersistentVolumeClaim::kKind, set.key().kube_namespace, claim->claim_name};
    if (std::any_of(objects_.begin(), objects_.end(), [&](const Object& object) { return KeyOf(object) == key; })) continue;
    const std::string path = fmt::format("{}.volumes[{}].persistentVolumeClaim.claimName", set.spec_path(), i);
    const auto stored = backend_->GetObject(key.kind, key.kube_namespace, key.name);
    const auto volumes = backend_->ListVolumes();
    if (!stored || !volumes) {
      problems.Error(path, stored ? volumes.error().message() : stored.error().message());
      continue;
    }
    const std::string volume_name = ClaimVolumeName(key.kube_namespace, key.name);
    const bool has_volume = std::any_of(volumes->begin(), volumes->end(),
                                        [&](const auto& volume) { return volume.name == volume_name; });
    if (*stored || has_volume) continue;
    problems.Error(path, fmt::format("persistentvolumeclaim \"{}\" not found in namespace \"{}\"; add it to the manifest, "
                                     "or make the volume with `skiff volume create {}`",
                                     key.name, key.kube_namespace, volume_name));
  }
}

void Player::ProvideImages() {
  struct Use {
    size_t set;
    std::string container;
    std::string path;  // of the field
    size_t wish;
  };
  std::vector<ImageWish> wishes;
  std::vector<Use> uses;
  std::set<size_t> seen;
  for (const PlannedPod& planned : plan_.pods) {
    if (planned.existing || refused_.contains(planned.set) || !seen.insert(planned.set).second) continue;
    const PodSet& set = sets_[planned.set];
    const auto wish_for = [&](const char* field, const std::vector<Container>& containers) {
      for (size_t i = 0; i < containers.size(); ++i) {
        ImageWish wish{containers[i].image, containers[i].image_pull_policy, pull_secrets_[planned.set]};
        const auto same = std::find(wishes.begin(), wishes.end(), wish);
        uses.push_back({planned.set, containers[i].name, fmt::format("{}.{}[{}].image", set.spec_path(), field, i), static_cast<size_t>(same - wishes.begin())});
        if (same == wishes.end()) wishes.push_back(std::move(wish));
      }
    };
    wish_for("initContainers", set.spec().init_containers);
    wish_for("containers", set.spec().containers);
  }
  if (wishes.empty()) return;
  const auto results = FindOrPull(wishes);
  std::map<size_t, MissingImages> missing;
  for (const Use& use : uses) {
    if (results[use.wish]) continue;
    const std::string reason = ImageErrorReason(wishes[use.wish]), message = results[use.wish].error().message();
    missing[use.set].failures.push_back({use.container, reason, message});
    missing[use.set].waits.push_back({use.container, wishes[use.wish]});
    Problems problems(sets_[use.set].object());
    problems.Error(use.path, reason + ": " + message);
    for (const common::Error& error : problems.errors()) Fail(error);
  }
  for (auto& [set, images] : missing) {
    images.pull_secrets.kube_namespace = sets_[set].key().kube_namespace;
    for (const auto& reference : sets_[set].spec().image_pull_secrets) images.pull_secrets.secrets.push_back(reference.name);
    WaitForImages(set, images);
  }
}

void Player::WaitForImages(size_t set, const MissingImages& missing) {
  bool others = false;  // that run or did, in the same place
  std::vector<std::string> same;  // wait for the same already
  for (const PlannedPod& planned : plan_.pods) others = others || (planned.set == set && planned.existing);
  for (const ObsoletePod& obsolete : plan_.obsolete) {
    if (obsolete.set != set) continue;
    if (!obsolete.pod.WaitsForImage()) others = true;
    else if (obsolete.pod.spec.revision == sets_[set].Revision(0) || obsolete.pod.spec.revision == sets_[set].Revision(1))
      same.push_back(obsolete.pod.id);
  }
  if (!others && same.empty()) {
    waiting_[set] = missing;
    return;
  }
  refused_.insert(set);
  for (const std::string& id : same) {
    auto kept = backend_->KeepWaiting(id, missing.failures);
    if (kept) report_.waiting.push_back({id, missing.pull_secrets, missing.waits});
    else if (kept.error().code() != ErrorCode::kNotFound) Fail(kept.error());
  }
}

std::vector<common::Result<>> Player::FindOrPull(const std::vector<ImageWish>& wishes) {
  if (options_.provide_images) return options_.provide_images(wishes);
  std::vector<common::Result<>> results;
  for (const ImageWish& wish : wishes) {
    const auto found = backend_->FindImage(wish.image);
    results.push_back(found ? common::Result<>() : common::Result<>(found.error()));
  }
  return results;
}

void Player::StoreConfiguration() {
  if (std::ranges::any_of(objects_, [](const Object& object) { return object.As<Service>() != nullptr; })) {
    if (auto swept = SweepServiceLeases(*backend_); !swept) Fail(swept.error());
  }
  for (size_t i = 0; i < objects_.size(); ++i) {
    Object& object = objects_[i];
    if (set_of_object_[i] != kNoSet) continue;
    if (object.As<Service>()) {
      if (auto assigned = AssignService(*backend_, options_.read_object, object, options_.replace); !assigned) {
        Fail(assigned.error());
        continue;
      }
    }
    const auto stored = StoreObject(*backend_, object);
    if (!stored) {
      Fail(stored.error());
      continue;
    }
    object_changes_[i] = !stored->existed ? Change::kCreated : stored->changed ? Change::kConfigured : Change::kUnchanged;
    if (object.As<Secret>()) report_.secrets.push_back(stored->uid);
    if (!object.As<PersistentVolumeClaim>()) continue;
    const ObjectKey key = KeyOf(object);
    const std::string volume = ClaimVolumeName(key.kube_namespace, key.name);
    if (auto made = backend_->EnsureVolume(volume, object.metadata().labels)) report_.volumes.push_back(volume);
    else Fail(std::move(made).error().Wrap(fmt::format("persistentvolumeclaim \"{}\"", key.name)));
  }
}

void Player::FollowServices() {
  const auto services = backend_->HasServices();
  auto done = !services ? common::Result<>(services.error())
              : *services ? ReconcileServices(*backend_, options_.read_object, true)
                          : common::Result<>();
  if (!done) Fail(std::move(done).error().Wrap("Services"));
}

// Again after a refusal: the pods of that set stay, and so do the ports that they hold.
void Player::KeepWhatCannotBeReplaced() {
  size_t before;
  do {
    before = refused_.size();
    std::set<size_t> removed_from;
    std::vector<std::string> leaving;
    for (const ObsoletePod& obsolete : plan_.obsolete) {
      if (refused_.contains(obsolete.set)) continue;
      removed_from.insert(obsolete.set);
      leaving.push_back(obsolete.pod.id);
    }
    for (const PlannedPod& planned : plan_.pods) {
      if (planned.existing || !options_.start || !removed_from.contains(planned.set) || waiting_.contains(planned.set)) continue;
      removed_from.erase(planned.set);  // the first of a set tells for all
      CheckReplacement(planned, leaving);
    }
  } while (refused_.size() != before);
}

void Player::CheckReplacement(const PlannedPod& planned, const std::vector<std::string>& leaving) {
  const PodSet& set = sets_[planned.set];
  const auto found = backend_->CheckStart(set.NewPod(planned.index, settings_), leaving);
  if (!found) return Refuse(planned.set, found.error());
  Problems problems(set.object());
  for (const pod::StartProblem& problem : *found)
    problems.Error(FieldOf(set, problem), problem.error.message() + "; what there was is left as it is");
  for (const common::Error& error : problems.errors()) Refuse(planned.set, error);
}

// The engine's errors name the pod; where the field at fault is written is known here.
common::Error Player::Located(PodBackend& backend, const PlannedPod& planned, const pod::PodSpec& spec, common::Error error) const {
  const PodSet& set = sets_[planned.set];
  const auto found = backend.CheckStart(spec, {});
  const std::string field = found && !found->empty() ? FieldOf(set, found->front()) : "metadata.name";
  if (planned.replaces)
    error = MakeError(error.code(), "{}; the earlier pod has been removed: play again when this is put right", error.message());
  return std::move(error).At(set.object().PositionOf(field));
}

void Player::RemoveObsolete() {
  std::vector<BackendTask> tasks;
  std::vector<std::optional<common::Error>> failures(plan_.obsolete.size());
  for (size_t i = 0; i < plan_.obsolete.size(); ++i) {
    const ObsoletePod& obsolete = plan_.obsolete[i];
    if (refused_.contains(obsolete.set)) continue;
    with_removals_.insert(obsolete.set);
    tasks.push_back([this, &obsolete, &failure = failures[i]](PodBackend& backend) {
      const std::string& id = obsolete.pod.id;
      // Removing is forced below, so that a pod that cannot be stopped in order does not stay either.
      (void)backend.StopPod(id).has_value();
      if (auto removed = backend.RemovePod(id); !removed && removed.error().code() != ErrorCode::kNotFound) {
        failure = removed.error();
        return;
      }
      const std::lock_guard lock(mutex_);
      if (!obsolete.pod.WaitsForImage()) report_.removed_pods.push_back(id);
    });
  }
  RunTasks(tasks, WorkersOf(options_.workers), *backend_, open_backend_);
  for (size_t i = 0; i < failures.size(); ++i) {
    if (!failures[i]) continue;
    const ObsoletePod& obsolete = plan_.obsolete[i];
    Refuse(obsolete.set, std::move(*failures[i]).Wrap(fmt::format("pod \"{}\" cannot be replaced", obsolete.pod.name)));
  }
}

void Player::FindDamagedNetworks() {
  std::vector<pod::PodInfo> staying;
  for (const PlannedPod& planned : plan_.pods) {
    if (planned.existing) staying.push_back(*planned.existing);
  }
  if (staying.empty()) return;
  if (auto damaged = backend_->FindDamagedNetworks(staying)) damaged_ = std::move(*damaged);
  else Warn(fmt::format("the networks of the pods that run could not be checked: {}", damaged.error().message()));
}

void Player::MakeAndStart() {
  work_.resize(plan_.pods.size());
  std::vector<BackendTask> tasks, behind;
  for (size_t i = 0; i < plan_.pods.size(); ++i) {
    const PlannedPod& planned = plan_.pods[i];
    if (refused_.contains(planned.set) && !planned.existing) continue;
    const PodSet& set = sets_[planned.set];
    PodWork& work = work_[i];
    work.spec = planned.existing ? planned.existing->spec : set.NewPod(planned.index, settings_);
    work.result.owner = set.key().ToString();
    work.result.kube_namespace = set.key().kube_namespace;
    work.result.name = work.spec.name;
    if (UsesNameServerOfOthers(work.spec)) {
      behind.push_back([this, &planned, &work](PodBackend& backend) {
        if (!planned.existing || NeedsStart(*planned.existing)) AwaitNameServer(backend);
        HandlePod(backend, planned, work);
      });
    } else if (HasNameServer(work.spec)) {
      ++named_pods_left_;
      tasks.push_back([this, &planned, &work](PodBackend& backend) {
        HandlePod(backend, planned, work);
        const std::lock_guard lock(mutex_);
        --named_pods_left_;
      });
    } else {
      tasks.push_back([this, &planned, &work](PodBackend& backend) { HandlePod(backend, planned, work); });
    }
  }
  // At the end: whoever waits for others must not be in their way.
  std::ranges::move(behind, std::back_inserter(tasks));
  RunTasks(tasks, WorkersOf(options_.workers), *backend_, open_backend_);
}

void Player::AwaitNameServer(PodBackend& backend) {
  // Names are registered before the first container starts.
  const auto runs = [&](const std::string& id) {
    const auto info = backend.InspectPod(id);
    return info && std::ranges::any_of(info->containers, [](const pod::ContainerInfo& container) {
             return container.status.state == "running";
           });
  };
  for (;;) {
    std::vector<std::string> ids;
    {
      const std::lock_guard lock(mutex_);
      if (named_pods_left_ == 0) return;
      ids = named_pods_;
    }
    if (std::ranges::any_of(ids, runs)) return;
    std::this_thread::sleep_for(kNameServerPause);
  }
}

void Player::HandlePod(PodBackend& backend, const PlannedPod& planned, PodWork& work) {
  PodResult& result = work.result;
  common::Result<> done;
  const auto waiting = waiting_.find(planned.set);
  bool start = options_.start && waiting == waiting_.end();
  if (planned.existing) {
    result.id = planned.existing->id;
    result.container_ids = AppContainerIds(*planned.existing);
    start = start && NeedsStart(*planned.existing);
    if (damaged_.contains(result.id)) {
      done = backend.ReloadNetwork(result.id);
      result.repaired = done.has_value();
    }
  } else {
    result.change = planned.replaces ? Change::kReplaced : Change::kCreated;
    if (waiting != waiting_.end()) result.waiting = waiting->second.failures.front().reason;
    done = Make(backend, work, waiting != waiting_.end() ? &waiting->second.failures : nullptr);
  }
  if (done && HasNameServer(work.spec)) {
    const std::lock_guard lock(mutex_);
    named_pods_.push_back(result.id);
  }
  if (done && start) {
    done = Start(backend, result);
    result.started = done.has_value();
    // What cannot start leaves nothing behind; a pod that was there before stays.
    if (!done && !planned.existing) {
      if (auto removed = backend.RemovePod(result.id); !removed && removed.error().code() != ErrorCode::kNotFound)
        done = std::move(done).error().AlsoFailed(removed.error());
      result.id.clear();
    }
  }
  if (!done) done = Located(backend, planned, work.spec, std::move(done).error());
  const std::lock_guard lock(mutex_);
  if (!done) Fail(std::move(done).error());
  else if (observer_.pod_done) observer_.pod_done(result);
  if (done && !planned.existing && waiting != waiting_.end()) report_.waiting.push_back({result.id, waiting->second.pull_secrets, waiting->second.waits});
}

common::Result<> Player::Make(PodBackend& backend, PodWork& work, const std::vector<ImageFailure>* waits_for) {
  ASSIGN_OR_RETURN(work.result.id, waits_for != nullptr ? backend.CreateWaitingPod(work.spec, *waits_for) : backend.CreatePod(work.spec));
  ASSIGN_OR_RETURN(const pod::PodInfo info, backend.InspectPod(work.result.id), "pod \"{}\"", work.result.name);
  work.result.container_ids = AppContainerIds(info);
  return {};
}

common::Result<> Player::Start(PodBackend& backend, const PodResult& result) {
  return backend.StartPod(result.id, [this, &result](const std::string& warning) {
    const std::lock_guard lock(mutex_);
    report_.warnings.push_back(fmt::format("pod \"{}\": {}", result.name, warning));
    if (observer_.warning) observer_.warning(report_.warnings.back());
  });
}

// The objects of Pods and Deployments are written when their pods are there, so that what failed as a whole is not kept;
// a call killed before is made good by the next one, as pods are found by name and owner.
void Player::StoreWorkloads() {
  for (size_t i = 0; i < objects_.size(); ++i) {
    const size_t set = set_of_object_[i];
    if (set == kNoSet || refused_.contains(set)) continue;
    std::string uid;  // a Pod's own, a Deployment keeps its
    bool any = sets_[set].replicas() == 0;
    for (size_t p = 0; p < work_.size(); ++p) {
      if (plan_.pods[p].set != set || work_[p].result.id.empty()) continue;
      any = true;
      if (!sets_[set].is_deployment()) uid = work_[p].spec.uid;
    }
    if (!any) continue;
    const auto stored = StoreObject(*backend_, objects_[i], uid);
    if (stored) object_changes_[i] = ChangeOf(set, stored->existed, stored->changed);
    else Fail(stored.error());
  }
}

Change Player::ChangeOf(size_t set, bool existed, bool definition_changed) const {
  bool made = false;
  bool kept = false;
  for (size_t p = 0; p < work_.size(); ++p) {
    if (plan_.pods[p].set != set) continue;
    made = made || work_[p].result.change != Change::kUnchanged;
    kept = kept || plan_.pods[p].existing.has_value();
  }
  if (with_removals_.contains(set) && made && !kept) return Change::kReplaced;
  if (made && !kept && !existed) return Change::kCreated;
  if (made || definition_changed || with_removals_.contains(set)) return kept || existed ? Change::kConfigured : Change::kCreated;
  return kept || existed ? Change::kUnchanged : Change::kCreated;
}

void Player::CollectResults() {
  for (size_t i = 0; i < objects_.size(); ++i) {
    const size_t set = set_of_object_[i];
    if (set != kNoSet && refused_.contains(set)) continue;
    ObjectKey key = KeyOf(objects_[i]);
    report_.objects.push_back(
        {std::move(key.kind), std::move(key.kube_namespace), std::move(key.name), object_changes_[i]});
  }
  for (PodWork& work : work_) {
    if (!work.result.id.empty()) report_.pods.push_back(std::move(work.result));
  }
}

void Player::Refuse(size_t set, common::Error error) {
  refused_.insert(set);
  Fail(std::move(error));
}

void Player::Warn(const std::string& text) {
  report_.warnings.push_back(text);
  if (observer_.warning) observer_.warning(text);
}

void Player::Fail(common::Error error) { report_.errors.push_back(std::move(error)); }

}  // namespace skiff::kube
