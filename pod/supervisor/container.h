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
#include "pod/supervisor/container_probes.h"
#include "pod/supervisor/event_log.h"
#include "pod/supervisor/event_loop.h"
#include "pod/supervisor/exit_record.h"
#include "pod/supervisor/health_monitor.h"
#include "pod/supervisor/network_namespace.h"
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
  // The runtime is about to be called. What is published now tells a later supervisor which run it has to take back.
  virtual void OnStarting(Container& container) = 0;
  // Its process runs. Its postStart hook may still be to come: start_pending() tells.
  virtual void OnStarted(Container& container) = 0;
  // Its process has ended, or could not be started, and nothing has come of that yet. The cause may be another's end.
  virtual void OnTrouble(Container& container) = 0;
  // A hook is done, or it became started, ready, healthy or one of their opposites.
  virtual void OnProgress(Container& container) = 0;
  // The runtime could not start it; nothing of the attempt is left. Container::RetryStart is up to the observer.
  virtual void OnStartFailed(Container& container, const common::Error& error) = 0;
  // It ended; status().final tells whether for good, otherwise the next start is already scheduled.
  virtual void OnEnded(Container& container) = 0;
  // It ended in a way for which a rule wants all containers to begin anew, `delay` (back-off) from now.
  virtual void OnRestartAll(Container& container, std::chrono::milliseconds delay) = 0;
};

struct ContainerServices {
  EventLoop& loop;
  const PodPlan& pod;
  const runtime::Cgroups& cgroups;
  const runtime::OciRuntime& runtime;
  const EventLog& events;
  const std::optional<NetworkNamespace>& network;
  DescriptorKeeper& keeper;
  ContainerObserver& observer;
};

// How long a container gets to end.
struct StopGrace {
  std::chrono::milliseconds time{0};
  std::chrono::milliseconds least{0};  // between stop signal and SIGKILL, however short `time` is
};

class Container : private ProbeListener {
 public:
  enum class Phase {
    kIdle,      // not started yet
    kStarting,  // the runtime works
    kRunning,
    kBackoff,   // ended or not startable, the next start is scheduled
    kEnded,     // for good, unless somebody asks for a start
  };

  Container(ContainerPlan plan, ContainerServices services);
  ~Container() override;

  const ContainerPlan& plan() const { return plan_; }
  const ContainerStatus& status() const { return status_; }
  Phase phase() const { return phase_; }
  bool active() const { return phase_ == Phase::kStarting || phase_ == Phase::kRunning || phase_ == Phase::kBackoff; }
  AttachHub& hub() { return hub_; }
  // Kubernetes starts the next container after this one's postStart hook.
  bool start_pending() const {
    return phase_ == Phase::kStarting || (phase_ == Phase::kRunning && status_.hook && status_.hook->hook == "postStart");
  }

  // From kIdle or kEnded; the outcome is told to the observer, possibly before this returns.
  void Start();
  // The same from kIdle. False: first there is the rest of a back-off, which was under way when StopToBeginAnew came.
  bool StartInTurn();
  // It has ended and shall be started again in its turn, as if it had not run yet; counts as a restart.
  void BeginAnew();
  // After OnStartFailed: by policy, with back-off.
  void RetryStart();
  // What its plan gives it.
  StopGrace OwnGrace() const;
  // preStop hook, stop signal, after `grace` SIGKILL. It is not restarted. Not running: at its end at once (told to the
  // observer). A stop that is under way already is at most shortened.
  void Stop(StopGrace grace);
  // The same for a sidecar: its hook runs at once, the signal waits for ReleaseStop. The grace period does not wait.
  void StopAfterOthers(StopGrace grace);
  void ReleaseStop();
  // Stop and BeginAnew; told to the observer if there was something to stop. Somebody's wish that it stays stopped is left to be.
  // `keep_backoff`: the next start is not before that of a back-off under way.
  void StopToBeginAnew(StopGrace grace, bool after_others, bool keep_backoff);
  // Stop and start again.
  void Restart(StopGrace grace);
  common::Result<> Signal(int signal);
  // HealthMonitor::CheckNow. False: nothing checks its health, or it does not run.
  bool CheckHealth(std::function<void(bool ok)> done);
  void Resize(int rows, int columns);
  // A container that can never be started (its pod's init failed) or shall not be (its pod stops).
  void GiveUp(const std::string& reason);

  // A process of the pod has ended. False: it is none of this container.
  bool OnExit(const ExitRecord& record);

  // Takes over what an earlier supervisor recorded; `exits` as read from RUN_DIR/exits. `sandbox_lost`: what has ended meanwhile
  // begins anew, and nothing is started.
  void Adopt(const ContainerStatus& recorded, const std::vector<ExitRecord>& exits, bool sandbox_lost);

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
  // Without a status nobody has seen how it ended.
  void SetEnded(std::optional<common::ExitStatus> status, common::WallTime time);
  std::string ReasonOf(int exit_code);
  void DecideNext(int exit_code);
  void Emit(const char* type, const char* reason, const std::string& message) const;

  // --- hooks, probes and health (container_lifecycle.cc) ---
  void RunPostStart();
  void OnPostStartDone(const ProbeResult& result);
  void BeginProbes(const std::string& health);
  void BeginHealth(const std::string& recorded);
  void UpdateReady();
  void EndLifecycle();
  void OnStartupProbeSucceeded() override;
  void OnReadinessProbe(bool ready) override;
  void OnProbeFailure(const std::string& text) override;
  void OnProbeSuccess(const std::string& which, const ProbeResult& result) override;
  void OnProbeGivesUp(const std::string& which, const Probe& probe) override;
  void OnHealthAction(HealthCheck::OnFailure action);
  HandlerContext Handlers() const { return {services_.loop, services_.pod, plan_, services_.runtime, services_.network}; }
  void BeginHook(const char* name, const Handler& handler, std::optional<std::chrono::milliseconds> timeout,
                 std::chrono::milliseconds already);
  void OnHookDone(const ProbeResult& result);
  bool AdoptHook(const std::vector<ExitRecord>& exits);

  // --- stop (container_stop.cc) ---
  enum class AfterStop { kStay, kPolicy, kRestart, kAnew };
  static const char* TextOf(AfterStop then);  // ContainerStatus::stop_then
  struct StopState {
    std::chrono::steady_clock::time_point deadline;
    StopGrace grace;
    AfterStop then = AfterStop::kStay;
    bool held = false;      // until the others have ended
    bool was_late = false;  // hook or hold used time up: there is a minimum after them
    bool signalled = false;
  };
  void BeginStop(StopGrace grace, AfterStop then, bool held, const std::string& event);
  void ShortenStop(StopGrace grace, AfterStop then, bool held);
  std::chrono::milliseconds TimeOf(const StopGrace& grace, bool held) const;
  void SignalStop();
  void ResumeStopState();
  void AdoptLifecycle(const std::vector<ExitRecord>& exits);
  void ScheduleStart(std::chrono::milliseconds delay);
  void AdoptRunning(const std::vector<ExitRecord>& exits, bool sandbox_lost);
  void AdoptStarting(bool sandbox_lost);
  void AdoptEnd(std::optional<common::ExitStatus> status, common::WallTime time, bool sandbox_lost);
  void ResumeBackoff();
  common::Result<> ReleaseRun();
  void SendSignal(int signal);
  void EndNow();
  void ClearStop();

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
  std::optional<StopState> stop_;  // a stop was asked for
  std::unique_ptr<ContainerProbes> probes_;
  std::unique_ptr<HealthMonitor> health_;
  std::unique_ptr<HandlerRun> hook_;  // absent although status().hook is set: it is an earlier supervisor's
  bool readiness_ok_ = false;         // what the readiness probe says
  bool anew_ = false;                 // BeginAnew
  EventLoop::TimerId soon_ = 0;       // what must not happen within the caller
  int rows_ = 0;
  int columns_ = 0;
};

}  // namespace skiff::supervisor
