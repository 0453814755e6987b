// A pod engine in memory, shared by the backends of all threads.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "kube/play/backend.h"
#include "pod/state/spec_json.h"

namespace skiff::kube {

struct FakeEngine {
  std::mutex mutex;
  std::vector<pod::PodInfo> pods;
  std::map<std::string, pod::Engine::StoredObject> objects;
  std::map<std::string, std::vector<pod::PodEvent>> events;  // by pod id
  std::vector<pod::EngineEvent> gone_events;
  std::set<std::string> volumes;
  std::vector<std::string> calls;  // "create web", "start web", "stop web", "remove web"
  std::set<std::string> missing_images;
  std::map<std::string, std::string> start_errors;  // by pod name
  std::map<std::string, std::vector<pod::StartProblem>> start_problems;  // by pod name
  std::set<std::string> unremovable;                // by pod name
  std::set<std::string> damaged, cannot_reload;     // ids: their network is not whole
  int next_id = 1;
  int objects_written = 0;
  std::string lock_file;  // empty: no locks
  std::map<std::string, network::ServiceLease> service_leases;  // by holder
  int service_addresses = 0, service_ports = 0;                 // given
  pod::ServiceState service_state;                              // as last reconciled

  pod::PodInfo* Find(const std::string& id) {
    const auto found = std::find_if(pods.begin(), pods.end(), [&](const auto& pod) { return pod.id == id; });
    return found == pods.end() ? nullptr : &*found;
  }
  pod::PodInfo* Named(const std::string& name) {
    const auto found = std::find_if(pods.begin(), pods.end(), [&](const auto& pod) { return pod.name == name; });
    return found == pods.end() ? nullptr : &*found;
  }
  void End(const std::string& name, int exit_code) {
    pod::PodInfo* pod = Named(name);
    ASSERT_NE(pod, nullptr);
    pod->status.state = "exited";
    for (auto& container : pod->containers) {
      container.status.state = "exited";
      container.status.exit_code = exit_code;
      container.status.final = true;
    }
  }
};

class FakeBackend : public PodBackend {
 public:
  explicit FakeBackend(FakeEngine& engine) : e_(engine) {}

  common::Result<std::string> CreatePod(const pod::PodSpec& spec) override {
    const std::lock_guard lock(e_.mutex);
    for (const auto& pod : e_.pods) {
      if (pod.name == spec.name && pod.spec.kube_namespace == spec.kube_namespace)
        return MakeError(common::ErrorCode::kExists, "name {} is taken", spec.name);
    }
    pod::PodInfo info;
    info.id = "id" + std::to_string(e_.next_id++);
    info.name = spec.name;
    info.spec = spec;
    for (const auto* list : {&spec.init_containers, &spec.containers}) {
      for (const auto& container : *list) {
        pod::ContainerInfo made;
        made.id = info.id + "-" + container.name;
        made.name = container.name;
        made.image_id = "image";
        made.spec = container;
        info.containers.push_back(made);
      }
    }
    e_.pods.push_back(info);
    e_.calls.push_back("create " + spec.name);
    return info.id;
  }
  common::Result<std::string> CreateWaitingPod(const pod::PodSpec& spec, const std::vector<ImageFailure>& failures) override {
    ASSIGN_OR_RETURN(const std::string id, CreatePod(spec));
    const std::lock_guard lock(e_.mutex);
    for (auto& container : e_.Find(id)->containers)
      for (const auto& failure : failures)
        if (container.spec.name == failure.container) container.image_id.clear();
    e_.calls.back() += " waiting";
    return id;
  }
  common::Result<> KeepWaiting(const std::string& id, const std::vector<ImageFailure>&) override {
    const std::lock_guard lock(e_.mutex);
    e_.calls.push_back("keep " + e_.Find(id)->name);
    return {};
  }
  common::Result<std::vector<StartProblem>> CheckStart(const pod::PodSpec& spec, const std::vector<std::string>&) override {
    const std::lock_guard lock(e_.mutex);
    const auto found = e_.start_problems.find(spec.name);
    return found == e_.start_problems.end() ? std::vector<StartProblem>() : found->second;
  }
  common::Result<> StartPod(const std::string& id, const Warn&) override {
    const std::lock_guard lock(e_.mutex);
    pod::PodInfo* pod = e_.Find(id);
    if (!pod) return NotFound(id);
    e_.calls.push_back("start " + pod->name);
    if (const auto error = e_.start_errors.find(pod->name); error != e_.start_errors.end())
      return common::Error(common::ErrorCode::kCommandNotFound, error->second);
    pod->status.state = "running";
    for (auto& container : pod->containers) container.status.state = "running";
    return {};
  }
  common::Result<> StopPod(const std::string& id) override {
    const std::lock_guard lock(e_.mutex);
    pod::PodInfo* pod = e_.Find(id);
    if (!pod) return NotFound(id);
    e_.calls.push_back("stop " + pod->name);
    pod->status.state = "exited";
    return {};
  }
  common::Result<> RemovePod(const std::string& id) override {
    const std::lock_guard lock(e_.mutex);
    pod::PodInfo* pod = e_.Find(id);
    if (!pod) return NotFound(id);
    if (e_.unremovable.contains(pod->name)) return common::Error(common::ErrorCode::kBusy, "its mount is busy");
    e_.calls.push_back("remove " + pod->name);
    e_.pods.erase(e_.pods.begin() + (pod - e_.pods.data()));
    return {};
  }
  common::Result<std::set<std::string>> FindDamagedNetworks(const std::vector<pod::PodInfo>& pods) override {
    const std::lock_guard lock(e_.mutex);
    std::set<std::string> damaged;
    for (const pod::PodInfo& pod : pods) {
      if (e_.damaged.contains(pod.id)) damaged.insert(pod.id);
    }
    return damaged;
  }
  common::Result<> ReloadNetwork(const std::string& id) override {
    const std::lock_guard lock(e_.mutex);
    if (e_.cannot_reload.contains(id)) return MakeError(common::ErrorCode::kExists, "the bridge's name is taken");
    e_.damaged.erase(id);
    return {};
  }
  common::Result<std::vector<pod::PodInfo>> ListPods() override {
    const std::lock_guard lock(e_.mutex);
    return e_.pods;
  }
  common::Result<pod::PodInfo> InspectPod(const std::string& id) override {
    const std::lock_guard lock(e_.mutex);
    if (pod::PodInfo* pod = e_.Find(id)) return *pod;
    return NotFound(id);
  }
  common::Result<std::string> FindPod(const std::string& name) override {
    const std::lock_guard lock(e_.mutex);
    if (pod::PodInfo* pod = e_.Named(name)) return pod->id;
    return NotFound(name);
  }
  common::Result<std::string> FindContainer(const std::string& name) override {
    const std::lock_guard lock(e_.mutex);
    for (const auto& pod : e_.pods) {
      for (const auto& container : pod.containers) {
        if (container.name == name) return container.id;
      }
    }
    return NotFound(name);
  }
  common::Result<pod::ContainerInfo> InspectContainer(const std::string& id) override {
    const std::lock_guard lock(e_.mutex);
    for (const auto& pod : e_.pods) {
      for (auto container : pod.containers) {
        if (container.id != id) continue;
        container.pod_id = pod.id;
        if (!pod.spec.implicit) container.pod_name = pod.name;
        return container;
      }
    }
    return NotFound(id);
  }
  common::Result<> EnsureVolume(const std::string& name, const std::map<std::string, std::string>&) override {
    const std::lock_guard lock(e_.mutex);
    e_.volumes.insert(name);
    return {};
  }
  common::Result<std::vector<pod::Engine::VolumeInfo>> ListVolumes() override {
    const std::lock_guard lock(e_.mutex);
    std::vector<pod::Engine::VolumeInfo> volumes;
    for (const auto& name : e_.volumes) volumes.push_back({.name = name});
    return volumes;
  }
  common::Result<> RemoveVolume(const std::string& name) override {
    const std::lock_guard lock(e_.mutex);
    if (e_.volumes.erase(name) == 0) return NotFound(name);
    return {};
  }
  common::Result<> PutObject(const StoredObject& object) override {
    const std::lock_guard lock(e_.mutex);
    e_.objects[object.kind + "/" + object.kube_namespace + "/" + object.name] = object;
    ++e_.objects_written;
    return {};
  }
  common::Result<std::optional<StoredObject>> GetObject(const std::string& kind, const std::string& kube_namespace,
                                                        const std::string& name) override {
    const std::lock_guard lock(e_.mutex);
    const auto found = e_.objects.find(kind + "/" + kube_namespace + "/" + name);
    if (found == e_.objects.end()) return std::optional<StoredObject>();
    return std::optional(found->second);
  }
  common::Result<std::vector<StoredObject>> ListObjects(const std::string& kind) override {
    const std::lock_guard lock(e_.mutex);
    std::vector<StoredObject> found;
    for (const auto& [key, object] : e_.objects)
      if (kind.empty() || object.kind == kind) found.push_back(object);
    return found;
  }
  common::Result<std::vector<pod::PodEvent>> PodEvents(const std::string& id) override { return e_.events[id]; }
  common::Result<std::vector<pod::EngineEvent>> EventsOfGonePods() override { return e_.gone_events; }
  common::Result<> DeleteObject(const std::string& kind, const std::string& kube_namespace, const std::string& name) override {
    const std::lock_guard lock(e_.mutex);
    e_.objects.erase(kind + "/" + kube_namespace + "/" + name);
    return {};
  }
  // Addresses 10.96.0.1, .2, ...; node ports from 30100 on.
  common::Result<network::ServiceLease> TakeServiceLease(const network::ServiceRequest& request) override {
    const std::lock_guard lock(e_.mutex);
    network::ServiceLease lease;
    for (const auto& address : request.addresses) {
      const std::string base = address.v6 ? "fd96::" : "10.96.0.";
      std::string given = address.wanted;
      for (const std::string& had : e_.service_leases[request.holder].addresses) {
        if (given.empty() && had.starts_with(base)) given = had;
      }
      lease.addresses.push_back(given.empty() ? base + std::to_string(++e_.service_addresses) : given);
    }
    for (const auto& port : request.ports) {
      const bool any = port.wants_node_port && port.node_port == 0;
      lease.node_ports.push_back(any ? static_cast<uint16_t>(30100 + e_.service_ports++) : port.node_port);
    }
    e_.service_leases[request.holder] = lease;
    return lease;
  }
  common::Result<std::vector<std::string>> ServiceLeaseHolders() override {
    const std::lock_guard lock(e_.mutex);
    std::vector<std::string> holders;
    for (const auto& [holder, lease] : e_.service_leases) holders.push_back(holder);
    return holders;
  }
  common::Result<> ReleaseServiceLease(const std::string& holder) override {
    const std::lock_guard lock(e_.mutex);
    e_.service_leases.erase(holder);
    return {};
  }
  common::Result<> ReconcileServices(const std::function<common::Result<pod::ServiceState>()>& read, bool) override {
    ASSIGN_OR_RETURN(e_.service_state, read());
    return {};
  }
  common::Result<bool> HasServices() override { return true; }
  std::string HostAddress() override { return "192.0.2.1"; }
  common::Result<ObjectLocks> LockObjects(const std::set<ObjectKey>& keys) override {
    if (e_.lock_file.empty()) return ObjectLocks();
    return ObjectLocks::Acquire(e_.lock_file, keys);
  }
  common::Result<ObjectLocks> TryLockObject(const ObjectKey& key) override {
    if (e_.lock_file.empty()) return ObjectLocks();
    return ObjectLocks::TryAcquire(e_.lock_file, key);
  }
  common::Result<image::Image> FindImage(const std::string& reference) override {
    const std::lock_guard lock(e_.mutex);
    if (e_.missing_images.contains(reference)) return NotFound(reference);
    image::Image image;
    image.config.env = {"PATH=/bin", "FROM_IMAGE=yes"};
    image.config.working_dir = "/srv";
    return image;
  }

 private:
  static common::Error NotFound(const std::string& what) {
    return MakeError(common::ErrorCode::kNotFound, "{} not found", what);
  }

  FakeEngine& e_;
};

inline BackendFactory FakeFactory(FakeEngine& engine) {
  return [&engine]() -> common::Result<std::unique_ptr<PodBackend>> {
    return std::unique_ptr<PodBackend>(std::make_unique<FakeBackend>(engine));
  };
}

}  // namespace skiff::kube
