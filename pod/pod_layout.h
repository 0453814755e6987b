// Where the files of one pod are. `run_dir` is on tmpfs and gone after a reboot, `state_dir` survives it.
#pragma once

#include <string>

#include "common/system_paths.h"

namespace skiff::pod {

class PodLayout {
 public:
  PodLayout(const common::SystemPaths& paths, const std::string& pod_id)
      : run_dir_(paths.PodRunDir(pod_id)),
        state_dir_(paths.PodStateDir(pod_id)),
        lock_file_(paths.run_dir + "/locks/" + pod_id),
        cgroup_("/skiff/pod-" + pod_id),
        supervisor_cgroup_("/skiff/supervisor-" + pod_id) {}

  const std::string& run_dir() const { return run_dir_; }
  const std::string& state_dir() const { return state_dir_; }
  const std::string& lock_file() const { return lock_file_; }  // OperationLock
  const std::string& cgroup() const { return cgroup_; }
  const std::string& supervisor_cgroup() const { return supervisor_cgroup_; }

  // Shared by the pod's containers.
  std::string Hosts() const { return run_dir_ + "/hosts"; }
  std::string ResolvConf() const { return run_dir_ + "/resolv.conf"; }
  std::string Hostname() const { return run_dir_ + "/hostname"; }
  std::string ContainerMarker() const { return run_dir_ + "/containerenv"; }
  std::string Leases() const { return run_dir_ + "/leases.json"; }
  std::string Shm() const { return run_dir_ + "/shm"; }
  std::string MemoryVolume(const std::string& name) const { return run_dir_ + "/volumes/" + name; }
  std::string DiskVolume(const std::string& name) const { return state_dir_ + "/volumes/" + name; }
  // Exists from the first step of a start until what the run left has been cleaned up.
  std::string StartedMarker() const { return state_dir_ + "/started"; }

  std::string Bundle(const std::string& container) const { return run_dir_ + "/containers/" + container; }
  std::string Rootfs(const std::string& container) const { return Bundle(container) + "/rootfs"; }
  std::string TerminationLog(const std::string& container) const { return Bundle(container) + "/termination-log"; }
  std::string SubPathTarget(const std::string& container, size_t index) const {
    return Bundle(container) + "/subpaths/" + std::to_string(index);
  }
  std::string ContainerState(const std::string& container) const { return state_dir_ + "/containers/" + container; }
  std::string Writable(const std::string& container) const { return ContainerState(container) + "/layer"; }
  std::string Logs(const std::string& container) const { return ContainerState(container) + "/logs"; }
  std::string ImageVolume(const std::string& container, size_t index) const {
    return ContainerState(container) + "/volumes/" + std::to_string(index);
  }
  std::string ContainerCgroup(const std::string& container) const { return cgroup_ + "/" + container; }

 private:
  std::string run_dir_;
  std::string state_dir_;
  std::string lock_file_;
  std::string cgroup_;
  std::string supervisor_cgroup_;
};

}  // namespace skiff::pod
