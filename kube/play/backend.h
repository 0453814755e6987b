// What play, down and generate need of the pod engine and the image store, as a narrow port: engine_backend.h connects it to
// pod::Engine, tests to a fake. The meaning and errors of each call are those of pod/engine.h.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/result.h"
#include "image/image.h"
#include "kube/play/object_locks.h"
#include "pod/engine.h"
#include "pod/spec.h"

namespace skiff::kube {

class PodBackend {
 public:
  using StoredObject = pod::Engine::StoredObject;
  using Warn = std::function<void(const std::string&)>;

  virtual ~PodBackend() = default;

  virtual common::Result<std::string> CreatePod(const pod::PodSpec& spec) = 0;
  using ImageFailure = pod::Engine::ImageFailure;
  virtual common::Result<std::string> CreateWaitingPod(const pod::PodSpec& spec, const std::vector<ImageFailure>& failures) = 0;
  virtual common::Result<> KeepWaiting(const std::string& pod_id, const std::vector<ImageFailure>& failures) = 0;
  using StartProblem = pod::StartProblem;
  virtual common::Result<std::vector<StartProblem>> CheckStart(const pod::PodSpec& spec,
                                                               const std::vector<std::string>& leaving) = 0;
  virtual common::Result<> StartPod(const std::string& pod_id, const Warn& warn) = 0;
  virtual common::Result<> StopPod(const std::string& pod_id) = 0;
  virtual common::Result<> RemovePod(const std::string& pod_id) = 0;  // running or not
  virtual common::Result<std::set<std::string>> FindDamagedNetworks(const std::vector<pod::PodInfo>& pods) = 0;
  virtual common::Result<> ReloadNetwork(const std::string& pod_id) = 0;
  virtual common::Result<std::vector<pod::PodInfo>> ListPods() = 0;
  virtual common::Result<pod::PodInfo> InspectPod(const std::string& pod_id) = 0;
  virtual common::Result<std::string> FindPod(const std::string& name_or_id) = 0;
  virtual common::Result<std::string> FindContainer(const std::string& name_or_id) = 0;
  virtual common::Result<pod::ContainerInfo> InspectContainer(const std::string& container_id) = 0;

  virtual common::Result<> EnsureVolume(const std::string& name, const std::map<std::string, std::string>& labels) = 0;
  virtual common::Result<std::vector<pod::Engine::VolumeInfo>> ListVolumes() = 0;
  virtual common::Result<> RemoveVolume(const std::string& name) = 0;

  virtual common::Result<> PutObject(const StoredObject& object) = 0;
  virtual common::Result<std::optional<StoredObject>> GetObject(const std::string& kind, const std::string& kube_namespace,
                                                                const std::string& name) = 0;
  virtual common::Result<std::vector<StoredObject>> ListObjects(const std::string& kind) = 0;  // empty: of all kinds
  virtual common::Result<> DeleteObject(const std::string& kind, const std::string& kube_namespace,
                                        const std::string& name) = 0;

  virtual common::Result<network::ServiceLease> TakeServiceLease(const network::ServiceRequest& request) = 0;
  virtual common::Result<std::vector<std::string>> ServiceLeaseHolders() = 0;
  virtual common::Result<> ReleaseServiceLease(const std::string& holder) = 0;
  virtual common::Result<> ReconcileServices(const std::function<common::Result<pod::ServiceState>()>& read, bool wait) = 0;
  virtual common::Result<bool> HasServices() = 0;

  // Keeps other plays and downs of these objects waiting as long as the result lives.
  virtual common::Result<ObjectLocks> LockObjects(const std::set<ObjectKey>& keys) = 0;
  // kBusy: somebody is at it.
  virtual common::Result<ObjectLocks> TryLockObject(const ObjectKey& key) = 0;

  virtual common::Result<std::vector<pod::PodEvent>> PodEvents(const std::string& pod_id) = 0;
  virtual common::Result<std::vector<pod::EngineEvent>> EventsOfGonePods() = 0;
  // Of the machine and of pods in its network, as others reach it (Kubernetes' node address); empty: unknown.
  virtual std::string HostAddress() = 0;

  virtual common::Result<image::Image> FindImage(const std::string& reference) = 0;
};

// Opens one more backend. A backend is used by one thread at a time; each worker of Play and Down opens its own.
using BackendFactory = std::function<common::Result<std::unique_ptr<PodBackend>>()>;


// An object out of the JSON in the state store; manifests::LoadText does this.
using ObjectReader = std::function<common::Result<Object>(const std::string& json)>;

}  // namespace skiff::kube
