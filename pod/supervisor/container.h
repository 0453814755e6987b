// One container of the pod: from mounting its root to its end, and again by its restart policy.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/result.h"
#include "common/unique_fd.h"
#include "pod/supervisor/attach_hub.h"
#include "pod/supervisor/container_io.h"
#include "pod/supervisor/event_loop.h"
#include "pod/supervisor/exit_record.h"
#include "pod/supervisor/plan.h"
#include "pod/supervisor/restart_policy.h"
#include "pod/supervisor/status.h"
#include "runtime/cgroup.h"
#include "runtime/oci_runtime.h"

namespace skiff::supervisor {

class Container;

// What a container tells the pod's supervisor. Called from the event loop; the container must not be destroyed in it.
class ContainerObserver {
 public:
  virtual ~ContainerObserver() = default;
  virtual void OnStarted(Container& container) = 0;
  // The runtime could not start it; nothing of the attempt is left. Container::RetryStart is up to the observer.
  virtual void OnStartFailed(Container& container, const common::Error& error) = 0;
  // It ended; status().final tells whether for good, otherwise the next start is already scheduled.
  virtual void OnEnded(Container& container) = 0;
};

struct ContainerServices {
  EventLoop& loop;
  const PodPlan& pod;
  const runtime::Cgroups& cgroups;
  const runtime::OciRuntime& runtime;
  DescriptorKeeper& keeper;
  ContainerObserver& observer;
};

class Container {
 public:
  enum class Phase {
    kIdle,      // not started yet
    kStarting,  // the runtime works
    kRunning,
    kBackoff,   // ended or not startable, the next start is scheduled
    kEnded,     // for good, unless somebody asks for a start
  };

  Container(ContainerPlan plan, ContainerServices services);
  ~Container();

  const ContainerPlan& plan() const { return plan_; }
  const ContainerStatus& status() const { return status_; }
  Phase phase() const { return phase_; }
  bool active() const { return phase_ == Phase::kStarting || phase_ == Phase::kRunning || phase_ == Phase::kBackoff; }
  AttachHub& hub() { return hub_; }

  // From kIdle or kEnded; the outcome is told to the observer, possibly before this returns.
  void Start();
  // After OnStartFailed: by policy, with back-off.
  void RetryStart();
  // Stop signal, after `grace` SIGKILL. It is not restarted. Not running: at its end at once (told to the observer).
  void Stop(std::chrono::milliseconds grace);
  // Stop and start again.
  void Restart(std::chrono::milliseconds grace);
  common::Result<> Signal(int signal);
  void Resize(int rows, int columns);
  // A container that can never be started (its pod's init failed) or shall not be (its pod stops).
  void GiveUp(const std::string& reason);

  // A process of the pod has ended. False: it is none of this container.
  bool OnExit(const ExitRecord& record);

  // Takes over what an earlier supervisor recorded; `exits` as read from RUN_DIR/exits.
  void Adopt(const ContainerStatus& recorded, const std::vector<ExitRecord>& exits);

  // Its process was killed by others, and nobody saw how it ended.
  void MarkLost();

  // Kills what runs and removes all traces, without telling anyone.
  common::Result<> Discard();

 private:
  void BeginRun();
  common::Result<> SpawnRuntime();
  common::Result<> OpenIo(runtime::OciRuntime::RunOptions& options, ContainerIo::ContainerEnds& ends);
  ContainerIo::Options IoOptions() const;
  runtime::OciRuntime::RunOptions RunOptions() const;
  void OnRuntimeEnded(common::ExitStatus status);
  void FailStart(common::Error error);
  void SetRunning(pid_t pid);
  void SetEnded(common::ExitStatus status, common::WallTime time);
  std::string ReasonOf(int exit_code);
  void DecideNext();
  void ScheduleStart(std::chrono::milliseconds delay);
  void AdoptRunning(const std::vector<ExitRecord>& exits);
  void AdoptWaiting();
  common::Result<> ReleaseRun();
  void SendSignal(int signal);
  void EndNow();

  ContainerPlan plan_;
  ContainerServices services_;
  ContainerStatus status_;
  Phase phase_ = Phase::kIdle;
  AttachHub hub_;
  std::unique_ptr<ContainerIo> io_;
  common::UniqueFd pidfd_;
  RestartBackoff backoff_;
  std::chrono::steady_clock::time_point run_began_;
  EventLoop::TimerId timer_ = 0;  // SIGKILL after the grace period, or the start after back-off
  std::optional<std::chrono::milliseconds> stop_grace_;  // a stop was asked for
  bool restart_after_stop_ = false;
  int rows_ = 0;
  int columns_ = 0;
};

}  // namespace skiff::supervisor
