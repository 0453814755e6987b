// What goes on around a container's process: postStart and preStop, probes, health, and what follows from them.
#include <signal.h>

#include <algorithm>

#include "common/clock.h"
#include "common/process.h"
#include "pod/supervisor/container.h"
#include "pod/supervisor/safe_text.h"

namespace skiff::supervisor {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr size_t kMostShown = 512;  // status.json is to stay small

milliseconds Since(const std::string& time) {
  const auto began = common::ParseTime(time);
  return began ? std::chrono::duration_cast<milliseconds>(common::Now() - *began) : milliseconds(0);
}

}  // namespace

// `already`: how long an earlier supervisor's has been running.
void Container::BeginHook(const char* name, const Handler& handler, std::optional<milliseconds> timeout, milliseconds already) {
  Handler rest = handler;
  if (handler.kind == Handler::Kind::kSleep)
    rest.seconds = std::max<int64_t>(0, handler.seconds - std::chrono::floor<std::chrono::seconds>(already).count());
  if (!status_.hook) status_.hook = HookStatus{.hook = name, .began_at = common::FormatTime(common::Now(), true)};
  hook_ = std::make_unique<HandlerRun>(Handlers(), rest, name, timeout, true,
                                       [this](const ProbeResult& result, bool) { OnHookDone(result); });
  status_.hook->pid = hook_->pid();
  if (status_.hook->pid > 0)
    status_.hook->pid_start_time = common::ProcessStartTime(static_cast<pid_t>(status_.hook->pid)).value_or(0);
}

void Container::OnHookDone(const ProbeResult& result) {
  const bool pre_stop = status_.hook && status_.hook->hook == "preStop";
  hook_.reset();
  status_.hook.reset();
  if (!pre_stop) {
    OnPostStartDone(result);
  } else {
    if (!result.ok) Emit("Warning", "FailedPreStopHook", "PreStopHook failed: " + result.message);
    stop_->was_late = true;
    SignalStop();
  }
  services_.observer.OnProgress(*this);
}

void Container::RunPostStart() { BeginHook("postStart", *plan_.post_start, std::nullopt, milliseconds(0)); }

void Container::OnPostStartDone(const ProbeResult& result) {
  if (result.ok) return BeginProbes("");
  Emit("Warning", "FailedPostStartHook", "PostStartHook failed: " + result.message);
  BeginStop(OwnGrace(), AfterStop::kPolicy, false, "FailedPostStartHook");
}

// `health`: what an earlier supervisor has found.
void Container::BeginProbes(const std::string& health) {
  if (!plan_.startup_probe) status_.started = true;
  const auto since_start = std::chrono::duration_cast<milliseconds>(steady_clock::now() - run_began_);
  ProbeListener& listener = *this;
  if (plan_.startup_probe || plan_.liveness_probe || plan_.readiness_probe)
    probes_ = std::make_unique<ContainerProbes>(Handlers(), since_start, status_.started, listener);
  BeginHealth(health);
  UpdateReady();
}

void Container::BeginHealth(const std::string& recorded) {
  if (!plan_.health) return;
  if (recorded.empty()) status_.health = "starting";
  HealthMonitor::Listener listener;
  listener.changed = [this](const std::string& status) {
    status_.health = status;
    services_.observer.OnProgress(*this);
  };
  // It may end the monitor, which must not happen within its own call.
  listener.act = [this](HealthCheck::OnFailure action) {
    services_.loop.Cancel(soon_);
    soon_ = services_.loop.After(milliseconds(0), [this, action] { OnHealthAction(action); });
  };
  const auto started = common::ParseTime(status_.started_at).value_or(common::Now());
  health_ = std::make_unique<HealthMonitor>(Handlers(), *plan_.health, started, recorded, std::move(listener));
}

bool Container::CheckHealth(std::function<void(bool ok)> done) {
  if (health_) health_->CheckNow(std::move(done));
  return health_ != nullptr;
}

void Container::OnHealthAction(HealthCheck::OnFailure action) {
  if (phase_ != Phase::kRunning || stop_) return;
  if (action == HealthCheck::OnFailure::kKill) SendSignal(SIGKILL);
  if (action == HealthCheck::OnFailure::kStop) Stop(OwnGrace());
  if (action == HealthCheck::OnFailure::kRestart) Restart(OwnGrace());
}

// An ordinary init container is ready once it has succeeded.
void Container::UpdateReady() {
  const bool leaves = stop_ && stop_->then == AfterStop::kAnew;
  bool ready = phase_ == Phase::kRunning && !leaves && status_.started && (!plan_.readiness_probe || readiness_ok_);
  if (plan_.init && !plan_.sidecar) ready = phase_ == Phase::kEnded && status_.state == "exited" && status_.exit_code == 0;
  if (ready == status_.ready) return;
  status_.ready = ready;
  status_.ready_changed_at = common::FormatTime(common::Now(), true);
}

// The process has ended, or is not to be looked at any more.
void Container::EndLifecycle() {
  services_.loop.Cancel(soon_);
  probes_.reset();
  health_.reset();
  hook_.reset();
  status_.hook.reset();
  status_.started = false;
  readiness_ok_ = false;
}

void Container::OnStartupProbeSucceeded() {
  status_.started = true;
  UpdateReady();
  services_.observer.OnProgress(*this);
}

void Container::OnReadinessProbe(bool ready) {
  if (ready == readiness_ok_) return;
  readiness_ok_ = ready;
  UpdateReady();
  services_.observer.OnProgress(*this);
}

void Container::OnProbeFailure(const std::string& text) {
  Emit("Warning", "Unhealthy", text);
  std::string shown = SafeText(text, kMostShown);
  if (status_.probe_failure == shown) return;
  status_.probe_failure = std::move(shown);
  services_.observer.OnProgress(*this);
}

void Container::OnProbeSuccess(const std::string& which, const ProbeResult& result) {
  if (result.warning) Emit("Warning", "ProbeWarning", fmt::format("{} probe warning: {}", which, result.message));
  if (!status_.probe_failure.starts_with(which)) return;
  status_.probe_failure.clear();
  services_.observer.OnProgress(*this);
}

void Container::OnProbeGivesUp(const std::string& which, const Probe& probe) {
  const char* name = which == "Startup" ? "startup" : "liveness";
  StopGrace grace = OwnGrace();
  if (probe.grace_ms) grace.time = milliseconds(*probe.grace_ms);
  BeginStop(grace, AfterStop::kPolicy, false,
            fmt::format("Container {} failed {} probe, will be restarted", plan_.name, name));
  services_.observer.OnProgress(*this);
}

// The hook of an earlier supervisor: true while it still runs. One that is a connection went with its supervisor; as it
// may have had its effect, it is not made again.
bool Container::AdoptHook(const std::vector<ExitRecord>& exits) {
  if (!status_.hook) return false;
  const bool pre_stop = status_.hook->hook == "preStop";
  const auto& handler = pre_stop ? plan_.pre_stop : plan_.post_start;
  if (handler && handler->kind == Handler::Kind::kSleep) {
    BeginHook(pre_stop ? "preStop" : "postStart", *handler, std::nullopt, Since(status_.hook->began_at));
    return true;
  }
  const auto pid = static_cast<pid_t>(status_.hook->pid);
  const bool ended = std::any_of(exits.begin(), exits.end(), [&](const ExitRecord& exit) {
    return exit.pid == pid && (status_.hook->pid_start_time == 0 || exit.start_time == status_.hook->pid_start_time);
  });
  const auto start_time = common::ProcessStartTime(pid);
  if (!ended && pid > 0 && start_time && *start_time == status_.hook->pid_start_time) {
    // OnExit tells its end. A preStop hook is cut off when the grace period is over.
    if (pre_stop)
      timer_ = services_.loop.After(std::max(milliseconds(0), std::chrono::ceil<milliseconds>(stop_->deadline - steady_clock::now())),
                                    [this] { OnHookDone({false, "it did not end within the grace period"}); });
    return true;
  }
  status_.hook.reset();
  return false;
}

void Container::AdoptLifecycle(const std::vector<ExitRecord>& exits) {
  readiness_ok_ = status_.ready;
  ResumeStopState();
  const bool hook_runs = AdoptHook(exits);
  if (stop_) {
    if (hook_runs) return;
    stop_->was_late = plan_.pre_stop.has_value();
    return SignalStop();
  }
  if (!hook_runs) BeginProbes(status_.health);
}

}  // namespace skiff::supervisor
