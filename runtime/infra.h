// The infra container: a pause process that holds a pod's namespaces, started without an OCI runtime (spine.md 1).
#pragma once

#include <map>
#include <string>

#include "common/result.h"
#include "common/unique_fd.h"
#include "runtime/cgroup.h"

namespace skiff::runtime {

struct InfraOptions {
  std::string pause_program;  // static; needs no file in its root
  std::string hostname;       // set when uts is true
  bool net = true;            // true: a new namespace; false: stay in the caller's
  bool ipc = true;
  bool uts = true;
  bool pid = false;
  std::string net_path;  // join this network namespace before; net must be false
  const Cgroups::Entrance* cgroup = nullptr;  // where it begins its life; null: in the caller's groups
  int kept_fd = -1;  // stays open in the pause process for as long as it lives; -1: none
  std::map<std::string, std::string> sysctls;  // written inside: namespaced ones only, names checked
};

struct Infra {
  pid_t pid = -1;
  common::UniqueFd pidfd;
};

// Returns once the pause program runs: in an empty read-only root, without capabilities, no_new_privs, seccomp.
// The caller is its parent and reaps it. The error names the step that failed.
common::Result<Infra> StartInfra(const InfraOptions& options);

}  // namespace skiff::runtime
