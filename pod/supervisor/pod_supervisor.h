// The pod's supervisor: infra, the order of the containers, status, stop and end.
#pragma once

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/process.h"
#include "common/result.h"
#include "common/unique_fd.h"
#include "pod/supervisor/container.h"
#include "pod/supervisor/control_server.h"
#include "pod/supervisor/event_loop.h"
#include "pod/supervisor/launch_channel.h"
#include "pod/supervisor/network_namespace.h"
#include "pod/supervisor/port_relay.h"
#include "pod/supervisor/program_attempt.h"
#include "pod/supervisor/readiness_notifier.h"
#include "pod/supervisor/reaper_connection.h"
#include "runtime/cgroup.h"
#include "runtime/oci_runtime.h"

namespace skiff::supervisor {

class PodSupervisor : private ContainerObserver {
 public:
  // Reads the plan and serves the reaper's link. Nothing is started yet.
  static common::Result<std::unique_ptr<PodSupervisor>> Create(const std::string& run_dir, common::UniqueFd reaper_link);

  // First run: sets the pod up and starts it; tells the launcher.
  common::Result<> Launch(common::UniqueFd launch_channel);
  // A further run after a crash: goes on with what is recorded.
  common::Result<> Adopt();
  // Until the pod has ended.
  common::Result<> Run();

 private:
  PodSupervisor(PodPlan plan, runtime::Cgroups cgroups, std::unique_ptr<EventLoop> loop);

  // --- set-up (pod_setup.cc) ---
  common::Result<> Serve(common::UniqueFd reaper_link);
  common::Result<> ListenForControl();
  common::Result<> SetUp();
  common::Result<> StartInfra();
  common::Result<> WatchInfra(common::UniqueFd pidfd);
  void OnTerminate();
  Container& AddContainer(ContainerPlan plan);
  ContainerServices Services();

  // --- start (pod_supervisor.cc) ---
  void OnNetworkReady();
  void OnLauncherGone();
  void BeginContainers();
  void AllowTimeForHook(const Container& container);
  void StartNext();
  bool StartInit(Container& container);
  void OnStarting(Container& container) override;
  void OnStarted(Container& container) override;
  void OnProgress(Container& container) override;
  void OnTrouble(Container& container) override;
  void OnStartFailed(Container& container, const common::Error& error) override;
  void OnEnded(Container& container) override;
  void OnRestartAll(Container& container, std::chrono::milliseconds delay) override;
  void BeginAnewWhenEnded();
  void OnInitEnded(Container& init);
  // The last event of the launch.
  void TellLauncher(const std::string& what, const Container* container);
  void OnExit(const ExitRecord& record);
  void ClaimExits();
  void ArmDeadline();

  // --- a new sandbox (pod_sandbox.cc) ---
  // The pod has no sandbox to start anything in, and is about to get one.
  bool losing() const { return !status_.sandbox_lost_at.empty(); }
  void OnInfraEnded();
  void LookAtInfra();
  // What was started in it is stopped, either to begin anew or for good: then the pod stops.
  void LoseSandbox();
  void MarkSandboxLost();
  void LeaveSandbox();
  // Does nothing as long as anything of the former one is left.
  void MakeSandboxWhenEnded();
  common::Result<> MakeSandbox();
  void OnSandboxWired(const ProbeResult& result);
  void FailSandbox(const std::string& message);
  void EnterSandbox();
  void KillInfra();

  // --- end (pod_end.cc) ---
  bool stopping() const { return status_.state == "stopping"; }
  // The grace of each container's own plan unless given.
  void Stop(std::optional<StopGrace> grace, const std::string& reason, const std::string& message);
  void FailLaunch(const std::string& container, const common::Error& error);
  void EndIfDone();
  void StopContainers(std::optional<StopGrace> given);
  void ReleaseSidecars();
  void EmitForPod(const char* type, const char* reason, std::string message) const;
  void EndInfra();
  void TakeDown();
  void FinishWhenRead();
  void Finish();
  void OnReaperGone();

  // --- published ports (pod_ports.cc) ---
  common::Result<> TakeRelays();
  common::Result<common::UniqueFd> OpenTowardsPod(int family, int type) const;
  common::Result<> StartRelay(const std::string& name, common::UniqueFd socket);

  // --- recovery (pod_recovery.cc) ---
  common::Result<> KillLeftovers(const PodStatus& recorded);
  void AdoptContainers(const PodStatus& recorded);
  void AdoptInfra();
  void GoOn();

  // --- control (pod_control.cc) ---
  using Connection = std::shared_ptr<ControlConnection>;
  void OnRequest(const ControlRequest& request, const Connection& connection);
  void OnContainerRequest(const ControlRequest& request, Container& container, const Connection& connection);
  void StartByRequest(Container& container, const Connection& connection);
  void StartInNextSandbox(Container& container, const Connection& connection);
  void StartNow(Container& container, const Connection& connection);
  void RestartByRequest(Container& container, const ControlRequest& request, const Connection& connection);
  void StopByRequest(Container& container, const ControlRequest& request, const Connection& connection);
  void WaitByRequest(Container& container, const ControlRequest& request, const Connection& connection);
  void CheckHealth(Container& container, const Connection& connection);
  void Add(const ControlRequest& request, const Connection& connection);
  void Remove(Container& container, const Connection& connection);
  void HoldPort(const ControlRequest& request, const Connection& connection);
  void ReleasePorts(const ControlRequest& request, const Connection& connection);
  void MoveRelays(const ControlRequest& request, const Connection& connection);
  void AnswerWaiters();
  bool AnswerFailedStart(const Container& container, const common::Error& error);
  void ServeEarlyRequests();
  void AnswerAllAtEnd();
  common::Result<> SavePlan();

  // --- status ---
  void Changed() { status_changed_ = true; }
  void PublishIfChanged();
  void UpdateConditions();
  PodStatus CurrentStatus() const;

  // Somebody who waits for a container: answered by AnswerWaiters once `done` says so.
  struct Waiter {
    std::string container;
    Connection connection;
    std::function<bool(const Container&)> done;
    std::function<ControlReply(const Container&)> answer;
    std::function<void(ControlConnection&, const common::Error&)> failed;  // empty: a failed start does not end the wait
  };

  PodPlan plan_;
  runtime::Cgroups cgroups_;
  std::unique_ptr<EventLoop> loop_;
  EventLog events_;
  ReadinessNotifier readiness_;
  std::optional<runtime::OciRuntime> runtime_;
  std::unique_ptr<ReaperConnection> reaper_;
  std::map<std::string, std::unique_ptr<PortRelay>> relays_;  // by name (held_port.h)
  std::unique_ptr<LaunchChannel> launch_;
  common::UniqueFd signals_;
  PodStatus status_;  // without the containers'
  bool status_changed_ = false;
  common::UniqueFd infra_pidfd_;
  bool infra_is_child_ = false;
  std::optional<NetworkNamespace> network_;  // the pod's, as long as infra lives
  std::list<std::unique_ptr<Container>> containers_;
  std::vector<ExitRecord> unclaimed_;  // while a runtime works: the pid may become known only after its end
  std::vector<Waiter> waiters_;
  std::vector<Connection> stop_waiters_;
  std::vector<std::pair<ControlRequest, Connection>> early_requests_;  // came before the network was ready
  std::optional<LaunchEvent> failure_;  // to be told when all is taken down
  EventLoop::TimerId hook_timer_ = 0;  // the launcher waits for no hook for ever
  std::unique_ptr<ProgramAttempt> sandbox_command_;  // wires the network of the new infra process
  EventLoop::TimerId sandbox_timer_ = 0;
  bool sandbox_tried_ = false;  // since the last one was ready
  bool trim_when_started_ = false;
  bool taken_down_ = false;
  bool restarting_all_ = false;
  EventLoop::Clock::time_point restart_all_at_;
  std::string announced_readiness_;  // what the readiness command was last run for
  std::unique_ptr<ControlServer> control_;  // last: its clients' tasks use the rest
};

}  // namespace skiff::supervisor
