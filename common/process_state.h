// Whether a recorded process still runs.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "common/result.h"

namespace skiff::common {

// Whether the process that was started then is there and more than a zombie.
Result<bool> ProcessLives(pid_t pid, uint64_t start_time, const std::string& proc_root = "/proc");

}  // namespace skiff::common
