// What a supervisor does that was started again: containers run on.
#include <algorithm>

#include "common/process.h"
#include "pod/supervisor/container.h"
#include "pod/supervisor/sandbox_policy.h"

namespace skiff::supervisor {

using std::chrono::milliseconds;

namespace {

bool Matches(const ExitRecord& record, const ContainerStatus& status) {
  return record.pid == status.pid && (status.pid_start_time == 0 || record.start_time == status.pid_start_time);
}

}  // namespace

void Container::Adopt(const ContainerStatus& recorded, const std::vector<ExitRecord>& exits, bool sandbox_lost) {
  status_ = recorded;
  backoff_ = RestartBackoff(RestartBackoff::RuleFor(plan_), status_.backoff_step);
  if (status_.state == "running") return AdoptRunning(exits, sandbox_lost);
  if (status_.state == "waiting") return status_.reason == "ContainerCreating" ? AdoptStarting(sandbox_lost) : ResumeBackoff();
  if (status_.state == "exited") {
    phase_ = Phase::kEnded;
    if (status_.final) return;
    sandbox_lost ? BeginAnew() : DecideNext(status_.exit_code);
  }
}

void Container::AdoptRunning(const std::vector<ExitRecord>& exits, bool sandbox_lost) {
  phase_ = Phase::kRunning;
  run_began_ = std::chrono::steady_clock::now();
  if (const auto began = common::ParseTime(status_.started_at))
    run_began_ -= std::chrono::duration_cast<milliseconds>(common::Now() - *began);
  if (auto io = ContainerIo::Adopt(services_.loop, services_.keeper, hub_, IoOptions())) io_ = std::move(*io);
  const auto record =
      std::find_if(exits.rbegin(), exits.rend(), [&](const ExitRecord& exit) { return Matches(exit, status_); });
  if (record != exits.rend()) return AdoptEnd(record->status, record->time, sandbox_lost);
  const auto start_time = common::ProcessStartTime(static_cast<pid_t>(status_.pid));
  auto pidfd = common::OpenPidfd(static_cast<pid_t>(status_.pid));
  if (pidfd && start_time && (status_.pid_start_time == 0 || *start_time == status_.pid_start_time)) {
    pidfd_ = std::move(*pidfd);
    return AdoptLifecycle(exits);
  }
  AdoptEnd(std::nullopt, common::Now(), sandbox_lost);
}

void Container::AdoptEnd(std::optional<common::ExitStatus> status, common::WallTime time, bool sandbox_lost) {
  ResumeStopState();
  const bool wished = stop_ && stop_->then == AfterStop::kStay;
  if (sandbox_lost && !wished && BeginsAnew(plan_, status_)) stop_ = StopState{.then = AfterStop::kAnew};
  SetEnded(status, time);
}

void Container::MarkLost() {
  if (phase_ == Phase::kIdle || phase_ == Phase::kEnded) return;
  services_.loop.Cancel(timer_);
  phase_ = Phase::kEnded;
  status_.state = "exited";
  status_.reason = kUnseenReason;
  status_.exit_code = kUnseenExitCode;
  status_.pid = 0;
  status_.finished_at = common::FormatTime(common::Now(), true);
  status_.final = true;
  status_.started = false;
  UpdateReady();
}

// A start that the earlier supervisor did not finish is made again from the beginning. The container may have run already:
// what it wrote stays in the log.
void Container::AdoptStarting(bool sandbox_lost) {
  if (auto io = ContainerIo::Adopt(services_.loop, services_.keeper, hub_, IoOptions())) io_ = std::move(*io);
  if (auto discarded = Discard(); !discarded) status_.message = discarded.error().message();
  if (sandbox_lost) return;  // its turn comes
  services_.loop.Defer([this] {
    // Not if the pod is being stopped.
    if (phase_ == Phase::kIdle && !status_.final) Start();
  });
}

void Container::ResumeBackoff() {
  milliseconds delay{0};
  if (const auto next = common::ParseTime(status_.next_start_at))
    delay = std::max(milliseconds(0), std::chrono::duration_cast<milliseconds>(*next - common::Now()));
  phase_ = Phase::kBackoff;
  timer_ = services_.loop.After(delay, [this] { Start(); });
}

}  // namespace skiff::supervisor
