// skiff-reaper: as small as it can be, as nothing watches over it. It owns what must survive the supervisor: the pod's
// mount namespace, pod.lock, the sockets that reserve published ports, the children and their exit codes.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/result.h"
#include "common/unique_fd.h"
#include "pod/supervisor/exit_record.h"
#include "pod/supervisor/exit_watch.h"
#include "pod/supervisor/plan.h"
#include "pod/supervisor/status.h"

namespace skiff::supervisor {

class Reaper {
 public:
  using Kept = std::map<std::string, common::UniqueFd>;  // by name

  // For a pod that starts: reads the plan, makes the mount namespace, enters the control group, becomes subreaper. `lock`
  // carries pod.lock's flock.
  static common::Result<Reaper> Prepare(const std::string& run_dir, common::UniqueFd lock, Kept kept);
  // For a pod whose reaper was killed: what is left of its programs ends first.
  static common::Result<Reaper> Adopt(const std::string& run_dir, bool inside, common::UniqueFd lock, Kept kept);

  // `launch_channel` is -1 when there is none, as for a supervisor that is started again.
  common::Result<> StartSupervisor(int launch_channel);

  // Serves until the pod is over.
  common::Result<> Run();

 private:
  Reaper(PodPlan plan, common::UniqueFd lock, Kept kept)
      : plan_(std::move(plan)), lock_(std::move(lock)), kept_(std::move(kept)) {}

  common::Result<> BecomeReaper();
  common::Result<> OpenSignals();
  common::Result<> OpenExits(int further_flags);
  void WatchOrphans(const PodStatus& status);
  void SendKeptDescriptors();
  int PollTimeout() const;
  common::Result<> HandleSignals();
  common::Result<> HandleLink();
  common::Result<> ReapChildren();
  void RecordExit(const ExitRecord& record);
  void SupervisorEnded();
  common::Result<> TrimExits();
  void Finish();

  PodPlan plan_;
  common::UniqueFd lock_;
  common::UniqueFd signals_;
  common::UniqueFd exits_;
  size_t exits_size_ = 0;
  common::UniqueFd link_;
  pid_t supervisor_ = -1;
  bool over_ = false;
  Kept kept_;            // descriptors that the next supervisor gets back
  ExitWatch orphans_;    // what another reaper had started
  std::chrono::steady_clock::time_point supervisor_started_;
  std::chrono::milliseconds restart_delay_{0};
  std::optional<std::chrono::steady_clock::time_point> restart_at_;
};

}  // namespace skiff::supervisor
