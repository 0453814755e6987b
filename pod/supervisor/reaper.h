// skiff-reaper: as small as it can be, as nothing watches over it. It owns what must survive the supervisor: the pod's
// mount namespace, pod.lock, the sockets that reserve published ports, the children and their exit codes.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "common/result.h"
#include "common/unique_fd.h"
#include "pod/supervisor/exit_record.h"
#include "pod/supervisor/plan.h"

namespace skiff::supervisor {

// Exists from the pod's start until the launch is over. A supervisor that is restarted and finds it takes the pod down, as
// the launcher has seen its channel close.
inline constexpr char kLaunchPendingFile[] = "launch.pending";

class Reaper {
 public:
  // Reads the plan, enters mount namespace and control group, becomes subreaper. `lock` carries pod.lock's flock.
  static common::Result<Reaper> Prepare(const std::string& run_dir, common::UniqueFd lock);

  // `launch_channel` is -1 when there is none, as for a supervisor that is started again.
  common::Result<> StartSupervisor(int launch_channel);

  // Serves until the pod is over.
  common::Result<> Run();

 private:
  Reaper(PodPlan plan, common::UniqueFd lock) : plan_(std::move(plan)), lock_(std::move(lock)) {}

  common::Result<> OpenSignals();
  common::Result<> OpenExits();
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
  std::map<std::string, common::UniqueFd> kept_;  // descriptors that the next supervisor gets back
  std::chrono::steady_clock::time_point supervisor_started_;
  std::chrono::milliseconds restart_delay_{0};
  std::optional<std::chrono::steady_clock::time_point> restart_at_;
};

}  // namespace skiff::supervisor
