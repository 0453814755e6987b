// How a container is stopped (kube-semantics.md 7.2): preStop hook, stop signal, SIGKILL, all within its grace period.
#include <signal.h>

#include <algorithm>
#include <utility>

#include "common/clock.h"
#include "pod/supervisor/container.h"

namespace skiff::supervisor {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

// What is left for the stop signal when the hook, or waiting for others, has used up the grace period.
constexpr milliseconds kLeastAfterHook{2000};

milliseconds Until(steady_clock::time_point time) {
  return std::max(milliseconds(0), std::chrono::ceil<milliseconds>(time - steady_clock::now()));
}

}  // namespace

const char* Container::TextOf(AfterStop then) {
  switch (then) {
    case AfterStop::kStay: return "stay";
    case AfterStop::kPolicy: return "policy";
    case AfterStop::kRestart: return "restart";
    case AfterStop::kAnew: return "anew";
  }
  return "";
}

StopGrace Container::OwnGrace() const { return {milliseconds(plan_.grace_ms), milliseconds(services_.pod.least_grace_ms)}; }

void Container::Stop(StopGrace grace) { BeginStop(grace, AfterStop::kStay, false, "Stopping container " + plan_.name); }

void Container::StopAfterOthers(StopGrace grace) {
  BeginStop(grace, AfterStop::kStay, true, "Stopping container " + plan_.name);
}

void Container::StopToBeginAnew(StopGrace grace, bool after_others, bool keep_backoff) {
  if (phase_ == Phase::kIdle) return;
  if (phase_ == Phase::kEnded) return BeginAnew();
  if (phase_ == Phase::kBackoff && keep_backoff) {
    services_.loop.Cancel(timer_);
    return BeginAnew();
  }
  if (stop_ && stop_->then == AfterStop::kStay) {
    if (phase_ == Phase::kRunning) ShortenStop(grace, AfterStop::kStay, after_others);
    return;
  }
  BeginStop(grace, AfterStop::kAnew, after_others, "Stopping container " + plan_.name);
  UpdateReady();
}

void Container::Restart(StopGrace grace) {
  backoff_.Reset();
  BeginStop(grace, AfterStop::kRestart, false, "Stopping container " + plan_.name);
}

// Until SIGKILL, unless a hook or waiting for others comes before the stop signal: then the least time is counted from there.
milliseconds Container::TimeOf(const StopGrace& grace, bool held) const {
  const bool late = held || (plan_.pre_stop && grace.time.count() > 0);
  return late ? grace.time : std::max(grace.time, grace.least);
}

void Container::BeginStop(StopGrace grace, AfterStop then, bool held, const std::string& event) {
  if (stop_ && phase_ == Phase::kRunning) return ShortenStop(grace, then, held);
  held = held && grace.time.count() > 0;
  stop_ = StopState{.deadline = steady_clock::now() + TimeOf(grace, held), .grace = grace, .then = then, .held = held};
  if (phase_ == Phase::kStarting) return;  // goes on in SetRunning
  if (phase_ != Phase::kRunning) return EndNow();
  status_.stop_began_at = common::FormatTime(common::Now(), true);
  status_.stop_grace_ms = grace.time.count();
  status_.stop_least_ms = grace.least.count();
  status_.stop_then = TextOf(then);
  status_.stop_held = held;
  if (!event.empty()) Emit("Normal", "Killing", event);
  if (probes_) probes_->OnStopping();
  health_.reset();
  hook_.reset();  // a postStart that still runs
  status_.hook.reset();
  if (plan_.pre_stop && grace.time.count() > 0) return BeginHook("preStop", *plan_.pre_stop, grace.time, milliseconds(0));
  SignalStop();
}

// A second wish can only make it end sooner; the last one says what comes afterwards.
void Container::ShortenStop(StopGrace grace, AfterStop then, bool held) {
  stop_->then = then;
  stop_->held = status_.stop_held = stop_->held && held;
  status_.stop_then = TextOf(then);
  const auto deadline = steady_clock::now() + TimeOf(grace, stop_->held);
  const bool sooner = deadline < stop_->deadline;
  if (sooner) {
    stop_->deadline = deadline;
    stop_->grace = grace;
  }
  if (grace.time.count() == 0) {
    hook_.reset();
    status_.hook.reset();
    stop_->held = status_.stop_held = false;
  }
  if (!status_.hook && (sooner || !stop_->signalled)) SignalStop();
}

void Container::ReleaseStop() {
  if (!stop_ || !stop_->held) return;
  stop_->held = status_.stop_held = false;
  if (stop_->signalled || status_.hook) return;
  stop_->was_late = true;
  SignalStop();
}

void Container::SignalStop() {
  if (stop_->held) return;
  services_.loop.Cancel(timer_);
  milliseconds left = Until(stop_->deadline);
  if (stop_->was_late) left = std::max(left, stop_->grace.time.count() > 0 ? kLeastAfterHook : stop_->grace.least);
  if (!stop_->signalled || left.count() == 0) SendSignal(left.count() > 0 ? plan_.stop_signal : SIGKILL);
  stop_->signalled = true;
  timer_ = services_.loop.After(left, [this] { SendSignal(SIGKILL); });
}

void Container::ClearStop() {
  stop_.reset();
  status_.stop_began_at.clear();
  status_.stop_grace_ms = 0;
  status_.stop_least_ms = 0;
  status_.stop_then.clear();
  status_.stop_held = false;
}

// A container that does not run is at its end without any process to wait for.
void Container::EndNow() {
  services_.loop.Cancel(timer_);
  const bool waited = phase_ == Phase::kBackoff || (anew_ && status_.state == "waiting");
  if (waited) {
    status_.state = "exited";
    if (status_.reason == "CrashLoopBackOff") status_.reason = status_.exit_code == 0 ? "Completed" : "Error";
    status_.message.clear();
    status_.next_start_at.clear();
  }
  const AfterStop then = stop_ ? stop_->then : AfterStop::kStay;
  ClearStop();
  if (phase_ != Phase::kIdle) phase_ = Phase::kEnded;
  status_.final = true;
  if (then == AfterStop::kRestart) return Start();
  if (then == AfterStop::kAnew) BeginAnew();
  services_.observer.OnEnded(*this);
}

void Container::ResumeStopState() {
  if (status_.stop_began_at.empty()) return;
  const auto began = common::ParseTime(status_.stop_began_at).value_or(common::Now());
  const StopGrace grace{milliseconds(status_.stop_grace_ms), milliseconds(status_.stop_least_ms)};
  const auto passed = std::chrono::duration_cast<milliseconds>(common::Now() - began);
  const auto deadline = steady_clock::now() + TimeOf(grace, status_.stop_held) - passed;
  stop_ = StopState{.deadline = deadline, .grace = grace, .held = status_.stop_held};
  if (status_.stop_then == "policy") stop_->then = AfterStop::kPolicy;
  if (status_.stop_then == "restart") stop_->then = AfterStop::kRestart;
  if (status_.stop_then == "anew") stop_->then = AfterStop::kAnew;
}

}  // namespace skiff::supervisor
