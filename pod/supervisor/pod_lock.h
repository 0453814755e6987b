// RUN_DIR/pod.lock, held by a pod's reaper for life: tells in one call whether a pod lives, without any pid.
#pragma once

#include <chrono>
#include <string>

#include "common/file_lock.h"
#include "common/result.h"

namespace skiff::supervisor {

// Whether a reaper holds the lock. A missing file or directory means no.
common::Result<bool> PodIsAlive(const std::string& run_dir);

// For a launch: the reaper inherits it, so that there is no moment in which the pod is under way and nobody holds it.
// kBusy: the pod runs.
common::Result<common::FileLock> TakePodLock(const std::string& run_dir);

// Waits until the reaper has gone (its exit command included). kTimeout when it has not.
common::Result<> WaitForPodEnd(const std::string& run_dir, std::chrono::milliseconds timeout);

}  // namespace skiff::supervisor
