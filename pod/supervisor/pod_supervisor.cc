#include "pod/supervisor/pod_supervisor.h"

#include <algorithm>

#include "common/clock.h"
#include "common/file.h"
#include "pod/supervisor/reaper.h"

namespace skiff::supervisor {

using common::JoinPath;
using std::chrono::milliseconds;

void PodSupervisor::OnNetworkReady() {
  if (status_.state == "created") BeginContainers();
}

void PodSupervisor::OnLauncherGone() {
  const bool network_was_wired = status_.state != "created";
  launch_.reset();
  // Whoever started us was killed: nobody will wire the network, and nobody would see the failure.
  if (!network_was_wired)
    return Stop(0, "LaunchInterrupted", "the command that started the pod ended before the network was ready");
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
    Stop(std::nullopt, "DeadlineExceeded", "Pod was active on the node longer than the specified deadline");
  });
}

// One after another, as Kubernetes does: each init container when the one before has succeeded, then all others in their
// order without waiting for more than their start.
void PodSupervisor::StartNext() {
  if (stopping()) return;
  for (const auto& container : containers_) {
    const bool to_start = container->phase() == Container::Phase::kIdle && !container->status().final;
    if (container->plan().init) {
      if (to_start) container->Start();
      const bool succeeded = container->phase() == Container::Phase::kEnded && container->status().exit_code == 0;
      if (to_start || !succeeded) return;
    } else if (to_start && !container->plan().held) {
      return container->Start();
    }
  }
  (void)common::RemoveFile(JoinPath(plan_.run_dir, kLaunchPendingFile));
  TellLauncher("running", nullptr);
}

void PodSupervisor::TellLauncher(const std::string& what, const Container* container) {
  if (!launch_) return;
  PublishIfChanged();
  LaunchEvent event;
  event.event = what;
  if (container != nullptr) event.container = container->plan().name;
  if (container != nullptr) event.exit_code = container->status().exit_code;
  launch_->Send(event);
  launch_.reset();
  EndIfDone();
}

void PodSupervisor::OnStarted(Container& container) {
  Changed();
  if (!container.plan().init && !container.plan().held) loop_->Defer([this] { StartNext(); });
}

void PodSupervisor::OnStartFailed(Container& container, const common::Error& error) {
  Changed();
  if (stopping()) return EndIfDone();
  if (launch_) return FailLaunch(container.plan().name, error);
  // Whoever asked for the start decides what happens next; nobody did: by policy.
  if (!AnswerFailedStart(container, error)) container.RetryStart();
  EndIfDone();
}

void PodSupervisor::OnEnded(Container& container) {
  Changed();
  if (container.plan().init && !stopping()) OnInitEnded(container);
  EndIfDone();
}

void PodSupervisor::OnInitEnded(Container& init) {
  if (init.status().final && init.status().exit_code == 0) return loop_->Defer([this] { StartNext(); });
  if (init.status().final)
    for (const auto& other : containers_)
      if (other->phase() == Container::Phase::kIdle) other->GiveUp("PodInitializing");
  (void)common::RemoveFile(JoinPath(plan_.run_dir, kLaunchPendingFile));
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
  const auto written =
      common::WriteFileAtomic(JoinPath(plan_.run_dir, kStatusFile), common::EncodeJson(CurrentStatus()), 0600);
  status_changed_ = !written.has_value();
}

}  // namespace skiff::supervisor
