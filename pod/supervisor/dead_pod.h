// What is left when a pod's reaper and supervisor were killed.
#pragma once

#include "common/result.h"
#include "pod/supervisor/plan.h"

namespace skiff::supervisor {

// Call when RUN_DIR/pod.lock is free though the pod should run (the caller holds the lock meanwhile). Kills the pod's
// containers, its infra process and what is left of its supervisor, and removes the runtime's state, the cgroups and the
// sockets. Idempotent. status.json stays for the caller to read. Goes on after errors; returns the first with the others.
common::Result<> CleanUpDeadPod(const PodPlan& plan);

}  // namespace skiff::supervisor
