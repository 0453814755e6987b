// The variables that Services give to the containers of their namespace (kube-semantics.md 5.3), as the last
// reconciliation left them.
#pragma once

#include <map>
#include <string>

#include "common/result.h"
#include "common/system_paths.h"

namespace skiff::pod {

inline std::string ServiceVariablesFile(const common::SystemPaths& paths) {
  return paths.run_dir + "/services/variables.json";
}

// Is there while any Service is, and while somebody looks whether one is: without it, no change of a pod concerns anybody.
// Held by whoever brings Services in line.
inline std::string ServicesLock(const common::SystemPaths& paths) { return paths.run_dir + "/services/lock"; }
inline std::string ServicesMarker(const common::SystemPaths& paths) { return paths.run_dir + "/services/followed"; }
common::Result<> MarkServices(const common::SystemPaths& paths);

// Empty when there are none.
std::map<std::string, std::string> ReadServiceVariables(const common::SystemPaths& paths, const std::string& kube_namespace);

}  // namespace skiff::pod
