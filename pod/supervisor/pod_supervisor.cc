#include "pod/supervisor/pod_supervisor.h"

#include <malloc.h>

#include <algorithm>
#include <utility>

#include "common/clock.h"
#include "common/file.h"
#include "pod/supervisor/reaper.h"

namespace skiff::supervisor {

using common::JoinPath;
using std::chrono::milliseconds;

namespace {
constexpr std::chrono::seconds kHookPatience{10};
}  // namespace

void PodSupervisor::OnNetworkReady() {
  if (status_.state == "created") BeginContainers();
}

void PodSupervisor::OnLauncherGone() {
  const bool network_was_wired = status_.state != "created";
  launch_.reset();
  // Whoever started us was killed: nobody will wire the network, and nobody would see the failure.
  if (!network_was_wired)
    return Stop(StopGrace{}, "LaunchInterrupted", "the command that started the pod ended before the network was ready");
  (void)common::RemoveFile(JoinPath(plan_.run_dir, kLaunchPendingFile));
}

void PodSupervisor::BeginContainers() {
  status_.state = "running";
  status_.started_at = common::FormatTime(common::Now(), true);
  ArmDeadline();
  Changed();
  StartNext();
  ServeEarlyRequests();
}

void PodSupervisor::ArmDeadline() {
  if (plan_.active_deadline_s <= 0) return;
  const auto started = common::ParseTime(status_.started_at);
  const auto deadline = started.value_or(common::Now()) + std::chrono::seconds(plan_.active_deadline_s);
  const auto left = std::chrono::ceil<milliseconds>(deadline - common::Now());
  loop_->After(std::max(left, milliseconds(0)), [this] {
    EmitForPod("Normal", "DeadlineExceeded", "Pod was active on the node longer than the specified deadline");
    Stop(std::nullopt, "DeadlineExceeded", "Pod was active on the node longer than the specified deadline");
  });
}

// True: the next container's turn has come. An init container must have succeeded, a sidecar have started (hook and
// startup probe included).
bool PodSupervisor::StartInit(Container& container) {
  if (container.phase() == Container::Phase::kIdle && !container.status().final) {
    container.StartInTurn();
    return false;
  }
  if (container.plan().sidecar) return container.status().started;
  return container.phase() == Container::Phase::kEnded && container.status().exit_code == 0;
}

// One after another, as Kubernetes does: init containers and sidecars in their order, then all others without waiting for
// more than their start and postStart hook. Called whenever something has got further.
void PodSupervisor::StartNext() {
  if (stopping() || restarting_all_ || losing()) return;
  const bool initialized = !status_.initialized_at.empty();
  for (const auto& container : containers_) {
    const bool to_start = container->phase() == Container::Phase::kIdle && !container->status().final;
    if (container->plan().init) {
      if (!initialized && !StartInit(*container)) return;
    } else if (container->start_pending()) {
      return;
    } else if (to_start && !container->plan().held) {
      if (!initialized) status_.initialized_at = common::FormatTime(common::Now(), true);
      if (container->StartInTurn()) return;
    }
  }
  if (!initialized) status_.initialized_at = common::FormatTime(common::Now(), true);
  if (!initialized) Changed();
  // What the start has used is not needed again, and there are many of us.
  if (std::exchange(trim_when_started_, false)) ::malloc_trim(0);
  TellLauncher("running", nullptr);
}

void PodSupervisor::TellLauncher(const std::string& what, const Container* container) {
  if (!launch_) return;
  loop_->Cancel(hook_timer_);
  (void)common::RemoveFile(JoinPath(plan_.run_dir, kLaunchPendingFile));
  PublishIfChanged();
  LaunchEvent event;
  event.event = what;
  if (container != nullptr) event.container = container->plan().name;
  if (container != nullptr) event.exit_code = container->status().exit_code;
  launch_->Send(event);
  launch_.reset();
  ::malloc_trim(0);  // see StartNext
  EndIfDone();
}

void PodSupervisor::OnStarting(Container&) {
  Changed();
  PublishIfChanged();
}

void PodSupervisor::OnStarted(Container& container) {
  if (launch_ && container.start_pending()) AllowTimeForHook(container);
  OnProgress(container);
}

// The next container waits for the hook, however long it takes; the command that started the pod does not.
void PodSupervisor::AllowTimeForHook(const Container& container) {
  loop_->Cancel(hook_timer_);
  hook_timer_ = loop_->After(kHookPatience, [this, id = container.plan().id] {
    for (const auto& slow : containers_)
      if (slow->plan().id == id && slow->start_pending()) TellLauncher("running", slow.get());
  });
}

void PodSupervisor::OnProgress(Container&) {
  Changed();
  loop_->Defer([this] { StartNext(); });
}

void PodSupervisor::OnTrouble(Container&) { LookAtInfra(); }

void PodSupervisor::OnStartFailed(Container& container, const common::Error& error) {
  Changed();
  if (stopping()) return EndIfDone();
  if (launch_) return FailLaunch(container.plan().name, error);
  // Whoever asked for the start decides what happens next; nobody did: by policy.
  if (!AnswerFailedStart(container, error)) container.RetryStart();
  loop_->Defer([this] { StartNext(); });
  EndIfDone();
}

// Kubernetes' RestartAllContainers: the others are stopped, then all start again in their order. Not at once: containers
// may still have to be adopted.
void PodSupervisor::OnRestartAll(Container&, milliseconds delay) {
  Changed();
  if (stopping()) return EndIfDone();
  if (std::exchange(restarting_all_, true)) return BeginAnewWhenEnded();
  EmitForPod("Normal", "RestartAllContainers", "A restartPolicyRule wants all containers of the pod to restart");
  restart_all_at_ = EventLoop::Clock::now() + delay;
  loop_->Defer([this] {
    if (!restarting_all_) return;
    for (const auto& container : containers_) {
      if (container->plan().held) continue;
      container->StopToBeginAnew(container->OwnGrace(), container->plan().sidecar, false);
    }
    ReleaseSidecars();
    BeginAnewWhenEnded();
  });
}

void PodSupervisor::BeginAnewWhenEnded() {
  const bool any_active = std::any_of(containers_.begin(), containers_.end(), [](const auto& c) { return c->active(); });
  if (any_active || !restarting_all_) return;
  restarting_all_ = false;
  if (stopping()) return;
  status_.initialized_at.clear();
  for (const auto& container : containers_)
    if (!container->plan().held) container->BeginAnew();
  Changed();
  const auto left = std::chrono::ceil<milliseconds>(restart_all_at_ - EventLoop::Clock::now());
  loop_->After(std::max(left, milliseconds(0)), [this] { StartNext(); });
}

void PodSupervisor::OnEnded(Container& container) {
  Changed();
  if (losing() && !stopping()) {
    ReleaseSidecars();
    MakeSandboxWhenEnded();
    return EndIfDone();
  }
  if (restarting_all_) {
    ReleaseSidecars();
    BeginAnewWhenEnded();
    return EndIfDone();
  }
  if (container.plan().init && !container.plan().sidecar && !stopping()) OnInitEnded(container);
  else if (container.plan().sidecar && status_.initialized_at.empty() && !stopping()) TellLauncher("init-failed", &container);
  else loop_->Defer([this] { StartNext(); });
  if (stopping()) ReleaseSidecars();
  EndIfDone();
}

void PodSupervisor::OnInitEnded(Container& init) {
  if (init.status().final && init.status().exit_code == 0) return loop_->Defer([this] { StartNext(); });
  if (init.status().final)
    for (const auto& other : containers_)
      if (other->phase() == Container::Phase::kIdle) other->GiveUp("PodInitializing");
  TellLauncher("init-failed", &init);
}

void PodSupervisor::OnExit(const ExitRecord& record) {
  for (const auto& container : containers_)
    if (container->OnExit(record)) return;
  unclaimed_.push_back(record);
}

// A container's process can end before the runtime has said which one it is.
void PodSupervisor::ClaimExits() {
  std::erase_if(unclaimed_, [this](const ExitRecord& record) {
    return std::any_of(containers_.begin(), containers_.end(), [&](const auto& c) { return c->OnExit(record); });
  });
  const bool starting = std::any_of(containers_.begin(), containers_.end(),
                                    [](const auto& c) { return c->phase() == Container::Phase::kStarting; });
  if (!starting) unclaimed_.clear();
}

PodStatus PodSupervisor::CurrentStatus() const {
  PodStatus status = status_;
  for (const auto& container : containers_) status.containers.push_back(container->status());
  return status;
}

// A status that cannot be written (the run directory is full) is written with the next change.
void PodSupervisor::PublishIfChanged() {
  if (!status_changed_) return;
  UpdateConditions();
  const auto written =
      common::WriteFileAtomic(JoinPath(plan_.run_dir, kStatusFile), common::EncodeJson(CurrentStatus()), 0600);
  status_changed_ = !written.has_value();
  // Only now: whoever is told reads the file.
  std::string readiness = status_.ready ? "+" : "-";
  for (const auto& container : containers_) readiness += container->status().ready ? '+' : '-';
  if (readiness.find('+') == std::string::npos) readiness.clear();
  if (std::exchange(announced_readiness_, readiness) != readiness) readiness_.Notify();
}

void PodSupervisor::UpdateConditions() {
  const bool ready = status_.state == "running" && !losing() && !status_.initialized_at.empty() &&
                     std::all_of(containers_.begin(), containers_.end(), [](const auto& container) {
                       return container->status().ready || (container->plan().init && !container->plan().sidecar);
                     });
  if (ready == status_.ready) return;
  status_.ready = ready;
  status_.ready_changed_at = common::FormatTime(common::Now(), true);
}

}  // namespace skiff::supervisor
