// Seccomp profiles resolved for a set of capabilities, once per command, and their compiled filters.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "common/result.h"
#include "common/system_paths.h"
#include "pod/spec.h"
#include "runtime/seccomp_cache.h"

namespace skiff::pod {

class SeccompProfiles {
 public:
  SeccompProfiles(const common::SystemPaths& paths, const std::string& runtime_program)
      : paths_(paths), compiled_(paths.run_dir + "/seccomp", runtime_program, paths.RuntimeRoot()) {}

  // The runtime-spec's linux.seccomp; empty: unconfined.
  common::Result<std::string> Resolve(const SeccompProfile& profile, const std::vector<std::string>& capabilities);

  // The compiled filter of what Resolve returned; empty: the runtime has to compile it, for this container.
  std::string Filter(const std::string& container_id, const std::string& seccomp_json);
  // Keeps the filters that the runtime compiled for containers of Filter, now that they run. Failing costs only time at
  // the next start.
  void TryKeepFilters();

 private:
  const common::SystemPaths& paths_;
  runtime::SeccompCache compiled_;
  std::mutex mutex_;
  std::map<std::string, std::string> resolved_;
  std::map<std::string, std::string> compiling_;  // linux.seccomp to the container that it is compiled for
};

}  // namespace skiff::pod
