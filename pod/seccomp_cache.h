// Seccomp profiles resolved for a set of capabilities, once per command.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "common/result.h"
#include "common/system_paths.h"
#include "pod/spec.h"

namespace skiff::pod {

class SeccompCache {
 public:
  explicit SeccompCache(const common::SystemPaths& paths) : paths_(paths) {}
  // The runtime-spec's linux.seccomp; empty: unconfined.
  common::Result<std::string> Resolve(const SeccompProfile& profile, const std::vector<std::string>& capabilities);

 private:
  const common::SystemPaths& paths_;
  std::mutex mutex_;
  std::map<std::string, std::string> resolved_;
};

}  // namespace skiff::pod
