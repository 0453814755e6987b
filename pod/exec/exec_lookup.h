// Whether a command can be executed at all. An OCI runtime finds out only when the command's output streams are its own, and
// writes there what is ours to say.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace skiff::pod {

// By PATH in `environment`, or as a path from `working_dir`, in the file system of `root` (/proc/PID/root). kCommandNotFound,
// kCommandNotExecutable: a folder or a file without any permission to execute. What is at or below `mounted` cannot be seen in
// `root`, so that nothing is said about it.
common::Result<> CheckCommand(const std::string& root, const std::vector<std::string>& environment,
                              const std::string& working_dir, const std::string& command,
                              const std::vector<std::string>& mounted = {});

// kCommandNotFound, as the runtimes have it: there is no such folder in the file system of `root`.
common::Result<> CheckWorkingDir(const std::string& root, const std::string& path);

// Of absolute paths; ".." is not resolved.
bool IsAtOrBelow(std::string_view path, const std::vector<std::string>& folders);

}  // namespace skiff::pod
