// Whether a command of `exec` can be executed at all. An OCI runtime finds out only when the command's output streams are its
// own, and writes there what is ours to say.
#pragma once

#include <string>
#include <vector>

#include "common/result.h"

namespace skiff::pod {

// By PATH in `environment`, or as a path from `working_dir`, in the file system of `root` (/proc/PID/root). kCommandNotFound,
// kCommandNotExecutable: a folder or a file without any permission to execute.
common::Result<> CheckCommand(const std::string& root, const std::vector<std::string>& environment,
                              const std::string& working_dir, const std::string& command);

}  // namespace skiff::pod
