// How skiff-reaper is started: by a command, for a pod's start or when a killed reaper has left a pod behind, and by a
// supervisor whose reaper was killed.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "common/file_lock.h"
#include "common/result.h"

namespace skiff::supervisor {

struct ReaperStart {
  std::string program;
  std::string run_dir;    // holds plan.json
  // Adopt: the pod's processes are there already. Inside: and the starter is in their mount namespace, so that there need not be
  // an infra process by which it is found.
  enum class How { kLaunch, kAdopt, kAdoptInside };
  How how = How::kLaunch;
  int channel = -1;       // a LaunchEvent tells there how it went; -1: nobody wants to know
  const common::FileLock& lock;  // pod.lock, which it holds from now on
  // Descriptors for the supervisor or, of the kind of held_port.h's kHoldPrefix, to be held; with their names.
  std::vector<std::pair<std::string, int>> kept;
};

// In a session of its own, with /dev/null as standard streams and without what the caller's environment has for others. It
// is init's child, or that of the nearest subreaper, not ours.
common::Result<> StartReaper(const ReaperStart& start);

}  // namespace skiff::supervisor
