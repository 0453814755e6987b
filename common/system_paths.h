// Every place that skiff reads or writes, in one value. Nothing else in the code names a root directory.
#pragma once

#include <string>

#include "common/result.h"

namespace skiff::common {

struct SystemPaths {
  // What survives a reboot: state.db, pods/ID (writable layers, logs, disk volumes), volumes/NAME.
  std::string state_dir;  // /var/lib/skiff
  // Gone after a reboot (tmpfs): pods/ID (plan, status, lock, socket, bundles), leases, runtime state.
  std::string run_dir;  // /run/skiff
  // The containers/storage roots shared with podman (formats.md 1.1).
  std::string graph_root;    // /var/lib/containers/storage
  std::string storage_run;   // /run/containers/storage
  std::string config_dir;    // /etc/containers; of another user than root ~/.config/containers
  std::string user_config_dir;    // ~/.config/containers of any user; empty: there is none
  std::string system_config_dir;  // /etc/containers for any user; empty: there is none
  std::string libexec_dir;   // where skiff-supervisor, skiff-reaper, skiff-pause and skiff-transfer are
  std::string cgroup_root = "/sys/fs/cgroup";
  std::string proc_root = "/proc";
  bool rootless = false;

  // Reads $SKIFF_STATE_DIR, $SKIFF_RUN_DIR, $SKIFF_GRAPH_ROOT, $SKIFF_STORAGE_RUN and $SKIFF_LIBEXEC_DIR (for tests and
  // sandboxes), else the places above; for another user than root those of the XDG base directory specification.
  // libexec_dir falls back to ../libexec/skiff beside the running program, else the program's own folder.
  static Result<SystemPaths> FromEnvironment();

  std::string PodRunDir(const std::string& pod_id) const { return run_dir + "/pods/" + pod_id; }
  std::string PodStateDir(const std::string& pod_id) const { return state_dir + "/pods/" + pod_id; }
  std::string VolumeDir(const std::string& name) const { return state_dir + "/volumes/" + name; }
  std::string RuntimeRoot() const { return run_dir + "/runtime"; }  // --root of crun and runc
  std::string Program(const std::string& name) const { return libexec_dir + "/" + name; }
};

}  // namespace skiff::common
