#include "kube/play/down.h"

#include <algorithm>
#include <mutex>
#include <set>

#include "kube/play/object_key.h"
#include "kube/play/parallel.h"
#include "kube/play/plan.h"
#include "kube/play/reconcile.h"
#include "kube/translate/host_paths.h"

namespace skiff::kube {
namespace {

using common::ErrorCode;

constexpr unsigned kManyWorkers = 64;

bool IsNotFound(const common::Error& error) { return error.code() == ErrorCode::kNotFound; }

// Claims of the manifest and those that its pods mount.
std::set<std::string> ClaimVolumes(const std::vector<Object>& objects) {
  std::set<std::string> names;
  for (const Object& object : objects) {
    const ObjectKey key = KeyOf(object);
    if (object.As<PersistentVolumeClaim>()) names.insert(ClaimVolumeName(key.kube_namespace, key.name));
    const PodSpec* spec = PodSpecOf(object);
    if (!spec) continue;
    for (const Volume& volume : spec->volumes) {
      if (volume.persistent_volume_claim)
        names.insert(ClaimVolumeName(key.kube_namespace, volume.persistent_volume_claim->claim_name));
    }
  }
  return names;
}

void RemovePods(const std::vector<Object>& objects, const std::vector<pod::PodInfo>& existing, unsigned workers,
                PodBackend& backend, const BackendFactory& open_backend, DownReport& report) {
  std::mutex mutex;
  std::vector<BackendTask> tasks;
  for (const Object& object : objects) {
    if (!PodSpecOf(object)) continue;
    for (const pod::PodInfo& pod : existing) {
      if (!BelongsTo(pod, KeyOf(object))) continue;
      tasks.push_back([&mutex, &report, &pod](PodBackend& own) {
        const auto stopped = own.StopPod(pod.id);
        auto removed = own.RemovePod(pod.id);
        const std::lock_guard lock(mutex);
        if (stopped) report.pods_stopped.push_back(pod.id);
        if (removed) report.pods_removed.push_back(pod.id);
        else if (!IsNotFound(removed.error()))
          report.errors.push_back(std::move(removed).error().Wrap(fmt::format("pod \"{}\"", pod.name)));
      });
    }
  }
  RunTasks(tasks, workers > 0 ? workers : kManyWorkers, backend, open_backend);
}

// After they are deleted: what a Service that is stored holds, nobody else may get.
void ReleaseServices(const std::vector<Object>& objects, PodBackend& backend, DownReport& report) {
  const auto keep = [&](const common::Result<>& result) {
    if (!result) report.errors.push_back(result.error());
  };
  bool any = false;
  for (const Object& object : objects) {
    if (!object.As<Service>()) continue;
    any = true;
    const ObjectKey key = KeyOf(object);
    const auto stored = backend.GetObject(key.kind, key.kube_namespace, key.name);
    if (stored && !*stored) keep(backend.ReleaseServiceLease(key.kube_namespace + "/" + key.name));
  }
  if (any) keep(SweepServiceLeases(backend));
}

// Claims stay with their volumes unless `force`.
void DeleteObjects(const std::vector<Object>& objects, bool force, PodBackend& backend, DownReport& report) {
  for (const Object& object : objects) {
    if (object.As<PersistentVolumeClaim>() && !force) continue;
    const ObjectKey key = KeyOf(object);
    const auto stored = backend.GetObject(key.kind, key.kube_namespace, key.name);
    if (!stored) report.errors.push_back(stored.error());
    if (!stored || !*stored) continue;
    if (auto deleted = backend.DeleteObject(key.kind, key.kube_namespace, key.name); !deleted) {
      if (!IsNotFound(deleted.error())) report.errors.push_back(deleted.error());
    } else if (object.As<Secret>()) {
      report.secrets_removed.push_back((*stored)->uid);
    }
  }
}

}  // namespace

DownReport Down(const std::vector<Object>& objects, const DownOptions& options, const BackendFactory& open_backend) {
  DownReport report;
  const auto backend = open_backend();
  if (!backend) {
    report.errors.push_back(backend.error());
    return report;
  }
  const auto locks = (*backend)->LockObjects(KeysOf(objects));
  if (!locks) {
    report.errors.push_back(locks.error());
    return report;
  }
  const auto existing = (*backend)->ListPods();
  if (!existing) {
    report.errors.push_back(existing.error());
    return report;
  }
  RemovePods(objects, *existing, options.workers, **backend, open_backend, report);
  DeleteObjects(objects, options.force, **backend, report);
  ReleaseServices(objects, **backend, report);
  const auto services = (*backend)->HasServices();
  auto followed = services && *services ? ReconcileServices(**backend, options.read_object, true) : common::Result<>();
  if (!followed) report.errors.push_back(std::move(followed).error().Wrap("Services"));
  if (!options.force) return report;
  for (const std::string& name : ClaimVolumes(objects)) {
    if (auto removed = (*backend)->RemoveVolume(name)) report.volumes_removed.push_back(name);
    else if (!IsNotFound(removed.error()))
      report.errors.push_back(std::move(removed).error().Wrap(fmt::format("volume \"{}\"", name)));
  }
  return report;
}

}  // namespace skiff::kube
