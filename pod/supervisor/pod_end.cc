#include <algorithm>
#include <utility>
#include <thread>

#include "common/clock.h"
#include "common/file.h"
#include "common/file_lock.h"
#include "pod/supervisor/adoption.h"
#include "pod/supervisor/dead_pod.h"
#include "pod/supervisor/pod_mounts.h"
#include "pod/supervisor/pod_supervisor.h"
#include "pod/supervisor/reaper_start.h"

namespace skiff::supervisor {

using common::JoinPath;
using std::chrono::milliseconds;

namespace {
// How long the pod's end waits for attached clients that still have output to read.
constexpr milliseconds kReadPatience{10'000};
constexpr milliseconds kReadPoll{20};
constexpr int kLockTries = 200;  // a millisecond apart
}  // namespace

void PodSupervisor::Stop(std::optional<StopGrace> grace, const std::string& reason, const std::string& message) {
  if (!stopping()) {
    status_.reason = reason;
    status_.message = message;
  }
  if (status_.stopping_at.empty()) status_.stopping_at = common::FormatTime(common::Now(), true);
  status_.state = "stopping";
  Changed();
  StopContainers(grace);
  EndIfDone();
}

// All at once: the pod's grace period is that of its slowest container. Sidecars serve the others to their end.
void PodSupervisor::StopContainers(std::optional<StopGrace> given) {
  for (const auto& container : containers_) {
    if (!container->active() && container->status().final) continue;
    const StopGrace grace = given.value_or(container->OwnGrace());
    if (container->plan().sidecar) container->StopAfterOthers(grace);
    else container->Stop(grace);
  }
  ReleaseSidecars();
}

// The last sidecar first, each when those behind it in the list have ended.
void PodSupervisor::ReleaseSidecars() {
  for (auto container = containers_.rbegin(); container != containers_.rend(); ++container) {
    if (!(*container)->active()) continue;
    if ((*container)->plan().sidecar) (*container)->ReleaseStop();
    return;
  }
}

void PodSupervisor::EmitForPod(const char* type, const char* reason, std::string message) const {
  (void)events_.Append({.type = type, .reason = reason, .message = std::move(message)});
}

// All of the start is taken back first, so that the launcher can report and try again at once.
void PodSupervisor::FailLaunch(const std::string& container, const common::Error& error) {
  LaunchEvent event;
  event.event = "failed";
  event.container = container;
  event.message = error.message();
  if (error.code() == common::ErrorCode::kCommandNotFound) event.code = "command-not-found";
  if (error.code() == common::ErrorCode::kCommandNotExecutable) event.code = "command-not-executable";
  failure_ = std::move(event);
  Stop(StopGrace{}, "StartError", error.message());
}

void PodSupervisor::EndIfDone() {
  const bool all_final = std::all_of(containers_.begin(), containers_.end(), [](const auto& c) {
    return c->plan().sidecar || (!c->active() && c->status().final);
  });
  const bool by_itself =
      plan_.exit_with_containers && all_final && status_.state == "running" && !launch_ && !restarting_all_;
  if (by_itself) {
    status_.state = "stopping";
    Changed();
    StopContainers(std::nullopt);
  }
  const bool any_active = std::any_of(containers_.begin(), containers_.end(), [](const auto& c) { return c->active(); });
  // Not here: the caller may be in the middle of a container's own work.
  if (stopping() && !any_active) loop_->Defer([this] { EndInfra(); });
}

void PodSupervisor::EndInfra() {
  const bool any_active = std::any_of(containers_.begin(), containers_.end(), [](const auto& c) { return c->active(); });
  if (any_active || taken_down_) return;
  sandbox_command_.reset();
  if (!infra_pidfd_) return TakeDown();
  KillInfra();
}

void PodSupervisor::TakeDown() {
  taken_down_ = true;
  (void)common::RemoveFile(JoinPath(plan_.run_dir, kNamespaces));
  TryUnmountPodVolumes(plan_);
  auto removed = cgroups_.KillAll(plan_.cgroup);
  if (removed) removed = cgroups_.Remove(plan_.cgroup);
  if (!removed && status_.message.empty()) status_.message = removed.error().message();
  FinishWhenRead();
}

// Attached clients have their last output in a queue here; they read it while we wait.
void PodSupervisor::FinishWhenRead() {
  const auto deadline = EventLoop::Clock::now() + kReadPatience;
  const auto look = [this, deadline](const auto& self) -> void {
    const bool read = std::all_of(containers_.begin(), containers_.end(), [](const auto& c) { return c->hub().drained(); });
    if (read || EventLoop::Clock::now() >= deadline) return Finish();
    loop_->After(kReadPoll, [self] { self(self); });
  };
  look(look);
}

void PodSupervisor::Finish() {
  status_.state = "exited";
  status_.sandbox_lost_at.clear();  // no other will come
  readiness_.Stop();  // the reaper runs its last one
  status_.supervisor_pid = 0;
  status_.finished_at = common::FormatTime(common::Now(), true);
  Changed();
  PublishIfChanged();
  bool launcher_knows = false;
  if (failure_) {
    launcher_knows = launch_ && launch_->Send(*failure_);
  } else {
    // What ended before it had started left nothing that anybody would want to look up.
    (void)common::WriteFileAtomic(JoinPath(plan_.state_dir, kFinalFile), common::EncodeJson(CurrentStatus()), 0600);
  }
  // Who asks for the end cleans up as well.
  const bool cleaned_up = launcher_knows || !stop_waiters_.empty();
  AnswerAllAtEnd();
  control_.reset();
  reaper_->SayOver(cleaned_up);
  loop_->Stop();
}

// Nobody reaps any more, and the next command that sees the free lock takes the pod over. If none has come before us, we do
// it, or clean up what cannot be taken over; otherwise we keep out of its way.
void PodSupervisor::OnReaperGone() {
  // The kernel closes a dead process's files one after another: the link may go before the lock.
  auto lock = common::FileLock::TryAcquire(JoinPath(plan_.run_dir, kPodLock));
  for (int i = 0; !lock && i < kLockTries; ++i) {
    std::this_thread::sleep_for(milliseconds(1));
    lock = common::FileLock::TryAcquire(JoinPath(plan_.run_dir, kPodLock));
  }
  if (!lock) return loop_->Stop();
  // It begins by killing us, so that there are never two supervisors.
  PublishIfChanged();
  const auto replace = [&] {
    return StartReaper({.program = plan_.reaper_program, .run_dir = plan_.run_dir, .how = ReaperStart::How::kAdoptInside,
                        .lock = *lock, .kept = reaper_->AllKept()});
  };
  if (WasLaunched(plan_, status_) && replace()) return loop_->Stop();
  PodPlan plan = plan_;
  plan.supervisor_cgroup.clear();  // we are in it
  (void)CleanUpDeadPod(plan);
  for (const auto& container : containers_) container->MarkLost();
  status_.state = "exited";
  status_.reason = "SupervisorKilled";
  status_.message = "the pod's skiff-reaper was killed";
  status_.infra_pid = 0;
  status_.finished_at = common::FormatTime(common::Now(), true);
  Changed();
  PublishIfChanged();
  loop_->Stop();
}

}  // namespace skiff::supervisor
