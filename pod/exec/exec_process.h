// The runtime-spec process object of `exec`.
#pragma once

#include <string>

#include "common/result.h"
#include "pod/engine.h"

namespace skiff::pod {

// The container's own process (from its config.json) with what the options change. `root`: the container's root directory
// as this process sees it, for users by name.
common::Result<std::string> ExecProcess(const std::string& config, const ExecOptions& options, const std::string& root);

}  // namespace skiff::pod
