// Control groups of pods, for v1 (one hierarchy per controller), v2 and both at once.
#pragma once

#include <string>
#include <vector>

#include "common/result.h"
#include "common/unique_fd.h"
#include "runtime/oci_config.h"

namespace skiff::runtime {

// Which limits can be set in a group. On v2 the parents may withhold controllers, as in a container or beside v1.
struct CgroupSupport {
  std::string base;      // comes before "/skiff/..." in the words of the OCI runtime
  bool unified = false;  // only v2 is mounted
  bool cpu = true;
  bool memory = true;
  bool pids = true;
};

class Cgroups {
 public:
  // Reads <root>'s mounts from <proc_root>/self/mountinfo. Who may not write at their top works below the highest group above his
  // own that is his (delegated, as systemd does it for users): paths begin there. kUnsupported when no hierarchy is mounted there;
  // kPermission when no such group is his.
  static common::Result<Cgroups> Detect(const std::string& root = "/sys/fs/cgroup", const std::string& proc_root = "/proc");

  bool unified() const { return unified_; }  // only v2 is mounted
  // Makes "/skiff/pod-ID" in every hierarchy (v2: with the controllers enabled for children, as far as the parents allow
  // it; a limit that lacks its controller is an error of SetLimits).
  common::Result<> Create(const std::string& path) const;
  // Of a group that has been made.
  CgroupSupport Support(const std::string& path) const;
  // kUnsupported names the controller that a limit needs and that is not there.
  common::Result<> SetLimits(const std::string& path, const OciResources& resources) const;
  // On v1 only in the hierarchies that account for processes and that systemd tracks sessions by; each move costs the
  // kernel a grace period. The absent controllers (devices, blkio, ...) hold no limits of pods.
  common::Result<> AddProcess(const std::string& path, pid_t pid) const;
  // A group that has processes and no groups in it: on v1 made only in the hierarchies that AddProcess uses, on v2 without
  // controllers for children, which would keep processes out.
  common::Result<> CreateForProcesses(const std::string& path) const;
  // Moves the calling process, which must have only one thread: that spares v1 the grace period.
  common::Result<> Enter(const std::string& path) const;
  // For a child that shall begin its life in the group (made before): the directory for clone3(2) where there is a v2 tree,
  // and files of v1 into which the child writes "0".
  struct Entrance {
    common::UniqueFd directory;
    std::vector<common::UniqueFd> tasks;
  };
  common::Result<Entrance> OpenEntrance(const std::string& path) const;
  // Every process in it and below.
  common::Result<std::vector<pid_t>> Processes(const std::string& path) const;
  // Kills all of them, also those that fork meanwhile (v2 cgroup.kill, v1 freezer), and waits until it is empty; kTimeout
  // after ten seconds. Absent is fine.
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
  struct Hierarchy {
    std::string mount_point;
    std::vector<std::string> controllers;  // v1 only: "memory", "name=systemd"
    bool v2 = false;
  };

  // Whether our own processes are moved in it.
  static bool Counts(const Hierarchy& hierarchy);
  // Moves each hierarchy's top to where we may write. `own` is /proc/self/cgroup.
  common::Result<> FindOwnTop(const std::string& own);
  static std::vector<Hierarchy> ParseMounts(const std::string& mountinfo, const std::string& root);
  // The v1 hierarchy with this controller, or the v2 tree when it is the only one; null: none.
  const Hierarchy* Find(const std::string& controller) const;
  // kUnsupported names the controller.
  common::Result<std::string> Directory(const std::string& controller, const std::string& path) const;
  // The directory of the hierarchy through which processes are listed and killed.
  std::string ProcessDirectory(const std::string& path) const;
  common::Result<> SetLimitsV1(const std::string& path, const OciResources& resources) const;
  common::Result<> SetLimitsV2(const std::string& path, const OciResources& resources) const;

  std::vector<Hierarchy> hierarchies_;
  std::string base_;
  bool unified_ = false;
};

}  // namespace skiff::runtime
