// Control groups of pods, for v1 (one hierarchy per controller), v2 and both at once.
#pragma once

#include <string>
#include <vector>

#include "common/result.h"
#include "runtime/oci_config.h"

namespace skiff::runtime {

class Cgroups {
 public:
  // Reads <root>'s mounts from <proc_root>/self/mountinfo.
  static common::Result<Cgroups> Detect(const std::string& root = "/sys/fs/cgroup", const std::string& proc_root = "/proc");

  bool unified() const { return unified_; }  // only v2 is mounted
  // Makes "/skiff/pod-ID" in every hierarchy (v2: with the controllers enabled for children).
  common::Result<> Create(const std::string& path) const;
  common::Result<> SetLimits(const std::string& path, const OciResources& resources) const;
  common::Result<> AddProcess(const std::string& path, pid_t pid) const;
  // Every process in it and below.
  common::Result<std::vector<pid_t>> Processes(const std::string& path) const;
  // Kills all of them, also those that fork meanwhile (v2 cgroup.kill, v1 freezer), and waits until it is empty.
  common::Result<> KillAll(const std::string& path) const;
  // Removes it and those below; kBusy when processes are left. Absent is fine.
  common::Result<> Remove(const std::string& path) const;
  // How many times the kernel's OOM killer struck in it.
  common::Result<uint64_t> OomKills(const std::string& path) const;
  // Current memory (bytes), CPU time (ns) and number of processes, for `stats` and `pod inspect`.
  struct Usage {
    uint64_t memory = 0;
    uint64_t cpu_ns = 0;
    uint64_t pids = 0;
  };
  common::Result<Usage> ReadUsage(const std::string& path) const;

 private:
  std::vector<std::string> hierarchies_;  // mount points, v1 and v2
  bool unified_ = false;
};

}  // namespace skiff::runtime
