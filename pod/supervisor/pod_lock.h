// RUN_DIR/pod.lock, held by a pod's reaper for life: tells in one call whether a pod lives, without any pid.
#pragma once

#include <chrono>
#include <string>

#include "common/result.h"

namespace skiff::supervisor {

// Whether a reaper holds the lock. A missing file or directory means no.
common::Result<bool> PodIsAlive(const std::string& run_dir);

// Waits until the reaper has gone (its exit command included). kTimeout when it has not.
common::Result<> WaitForPodEnd(const std::string& run_dir, std::chrono::milliseconds timeout);

}  // namespace skiff::supervisor
