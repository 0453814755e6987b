// Tells when what the commands show may have changed: pods and objects that are made or removed, and every
// change of a pod's status. Costs nothing while nothing happens.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "common/result.h"
#include "common/system_paths.h"
#include "common/unique_fd.h"

namespace skiff::pod {

class StateWatch {
 public:
  // `events`: also when a pod's event log or the journal grows.
  static common::Result<StateWatch> Open(const common::SystemPaths& paths, bool events = false);

  // Waits for a change since the last call (or since Open), or until `deadline`; then for a moment more, as
  // one change of a pod is several of the files. False: the deadline has passed. Also returns true once a
  // while without a change, as the death of a reaper makes no event, and when `wake_fd` (-1: none) becomes
  // readable.
  common::Result<bool> Wait(std::optional<std::chrono::steady_clock::time_point> deadline, int wake_fd = -1);

 private:
  common::Result<> WatchPods();

  common::UniqueFd fd_;
  std::string pods_dir_;
  std::string events_dir_;              // empty: not watched
  std::map<std::string, int> watched_;  // pods whose run directory is
  std::map<std::string, int> watched_logs_;
};

}  // namespace skiff::pod
