// Seccomp profiles in Docker's form (includes/excludes) to the runtime-spec's linux.seccomp.
#pragma once

#include <string>
#include <vector>

#include "common/result.h"
#include "common/system_paths.h"

namespace skiff::runtime {

// The text of the distribution's default profile: <config_dir>/seccomp.json, else /usr/share/containers/seccomp.json.
// kNotFound names the package that has it.
common::Result<std::string> ReadDefaultSeccompProfile(const common::SystemPaths& paths);

// Resolves conditions (capabilities, architecture, kernel version). A profile that is in runtime-spec form already passes
// through. kInvalid gives `what` and the place.
common::Result<std::string> ResolveSeccomp(const std::string& profile, const std::vector<std::string>& capabilities,
                                           const std::string& what);

}  // namespace skiff::runtime
