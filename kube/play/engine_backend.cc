#include "kube/play/engine_backend.h"

#include <utility>

namespace skiff::kube {
namespace {

class EngineBackend : public PodBackend {
 public:
  explicit EngineBackend(std::unique_ptr<pod::Engine> engine) : engine_(std::move(engine)) {}

  common::Result<std::string> CreatePod(const pod::PodSpec& spec) override { return engine_->CreatePod(spec); }
  common::Result<std::string> CreateWaitingPod(const pod::PodSpec& spec, const std::vector<ImageFailure>& failures) override {
    return engine_->CreateWaitingPod(spec, failures);
  }
  common::Result<> KeepWaiting(const std::string& id, const std::vector<ImageFailure>& failures) override {
    return engine_->KeepWaiting(id, failures);
  }
  common::Result<std::vector<StartProblem>> CheckStart(const pod::PodSpec& spec,
                                                       const std::vector<std::string>& leaving) override {
    return engine_->CheckStart(spec, leaving);
  }
  common::Result<> StartPod(const std::string& id, const Warn& warn) override { return engine_->StartPod(id, warn); }
  common::Result<> StopPod(const std::string& id) override { return engine_->StopPod(id); }
  common::Result<> RemovePod(const std::string& id) override { return engine_->RemovePod(id, true); }
  common::Result<std::set<std::string>> FindDamagedNetworks(const std::vector<pod::PodInfo>& pods) override {
    return engine_->FindDamagedNetworks(pods);
  }
  common::Result<> ReloadNetwork(const std::string& id) override { return engine_->ReloadNetwork(id); }
  common::Result<std::vector<pod::PodInfo>> ListPods() override { return engine_->ListPods(); }
  common::Result<pod::PodInfo> InspectPod(const std::string& id) override { return engine_->InspectPod(id); }
  common::Result<std::string> FindPod(const std::string& name) override { return engine_->FindPod(name); }
  common::Result<std::string> FindContainer(const std::string& name) override { return engine_->FindContainer(name); }
  common::Result<pod::ContainerInfo> InspectContainer(const std::string& id) override {
    return engine_->InspectContainer(id);
  }

  common::Result<> EnsureVolume(const std::string& name, const std::map<std::string, std::string>& labels) override {
    TRY(engine_->EnsureVolume(name, labels));
    return {};
  }
  common::Result<std::vector<pod::Engine::VolumeInfo>> ListVolumes() override { return engine_->ListVolumes(); }
  common::Result<> RemoveVolume(const std::string& name) override { return engine_->RemoveVolume(name, false); }

  common::Result<> PutObject(const StoredObject& object) override { return engine_->PutObject(object); }
  common::Result<std::optional<StoredObject>> GetObject(const std::string& kind, const std::string& kube_namespace,
                                                        const std::string& name) override {
    return engine_->GetObject(kind, kube_namespace, name);
  }
  common::Result<std::vector<StoredObject>> ListObjects(const std::string& kind) override {
    return engine_->ListObjects(kind);
  }
  common::Result<> DeleteObject(const std::string& kind, const std::string& kube_namespace,
                                const std::string& name) override {
    return engine_->DeleteObject(kind, kube_namespace, name);
  }

  common::Result<network::ServiceLease> TakeServiceLease(const network::ServiceRequest& request) override {
    return engine_->TakeServiceLease(request);
  }
  common::Result<std::vector<std::string>> ServiceLeaseHolders() override { return engine_->ServiceLeaseHolders(); }
  common::Result<> ReleaseServiceLease(const std::string& holder) override { return engine_->ReleaseServiceLease(holder); }
  common::Result<> ReconcileServices(const std::function<common::Result<pod::ServiceState>()>& read, bool wait) override {
    return engine_->ReconcileServices(read, wait);
  }
  common::Result<bool> HasServices() override { return engine_->HasServices(); }
  std::string HostAddress() override { return engine_->HostAddress(); }

  common::Result<ObjectLocks> LockObjects(const std::set<ObjectKey>& keys) override {
    return ObjectLocks::Acquire(LocksFile(), keys);
  }
  common::Result<ObjectLocks> TryLockObject(const ObjectKey& key) override { return ObjectLocks::TryAcquire(LocksFile(), key); }

  common::Result<std::vector<pod::PodEvent>> PodEvents(const std::string& id) override { return engine_->PodEvents(id); }
  common::Result<std::vector<pod::EngineEvent>> EventsOfGonePods() override { return engine_->EventsOfGonePods(); }

  common::Result<image::Image> FindImage(const std::string& reference) override {
    return engine_->images().Find(reference);
  }

 private:
  std::string LocksFile() { return engine_->paths().run_dir + "/objects.lock"; }

  std::unique_ptr<pod::Engine> engine_;
};

}  // namespace

BackendFactory EngineBackendFactory(pod::EngineOptions options) {
  return [options = std::move(options)]() -> common::Result<std::unique_ptr<PodBackend>> {
    ASSIGN_OR_RETURN(auto engine, pod::Engine::Open(options));
    return std::unique_ptr<PodBackend>(std::make_unique<EngineBackend>(std::move(engine)));
  };
}

}  // namespace skiff::kube
