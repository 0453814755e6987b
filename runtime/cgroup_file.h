// Files and folders of a cgroup file system.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace skiff::runtime {

// One write(2) to an existing file. kNotFound when there is no such file.
common::Result<> WriteCgroupFile(const std::string& path, std::string_view value);
// A file that holds one number. kNotFound when there is no such file.
common::Result<uint64_t> ReadCgroupNumber(const std::string& path);
// The number after "key " in a file of such lines; 0 when the key is not there.
common::Result<uint64_t> ReadCgroupKey(const std::string& path, std::string_view key);
// Names of the folders in a cgroup: its children. Absent gives none.
std::vector<std::string> ChildCgroups(const std::string& directory);
// Appends the processes of a cgroup and of those below. Absent adds none.
common::Result<> CollectProcesses(const std::string& directory, std::vector<pid_t>& pids);

}  // namespace skiff::runtime
