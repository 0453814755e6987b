// Processes of the pod that a killed reaper has left to init: nobody tells us of their end, so their pidfds are watched.
#pragma once

#include <poll.h>
#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "common/result.h"
#include "common/unique_fd.h"
#include "pod/supervisor/exit_record.h"

namespace skiff::supervisor {

class ExitWatch {
 public:
  // Nothing is watched when the process has gone, or is another one by now. `start_time` 0: unknown.
  void Add(pid_t pid, uint64_t start_time);

  // What to wait for before the next Collect, and for how long at most.
  void AddTo(std::vector<pollfd>& polls) const;
  std::optional<std::chrono::milliseconds> Patience() const;

  // Those that have ended since. The kernel knows how only after init has waited for them; one that init leaves alone, or on
  // a kernel that does not tell, ends in an unknown way.
  std::vector<ExitRecord> Collect();

 private:
  struct Watched {
    pid_t pid;
    uint64_t start_time;
    common::UniqueFd pidfd;
    std::optional<std::chrono::steady_clock::time_point> ended;
    common::WallTime ended_at;
  };
  std::vector<Watched> watched_;
};

}  // namespace skiff::supervisor
