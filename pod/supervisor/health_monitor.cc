#include "pod/supervisor/health_monitor.h"

#include <utility>

#include "common/clock.h"
#include "common/file.h"
#include "pod/supervisor/safe_text.h"

namespace skiff::supervisor {

using std::chrono::milliseconds;

HealthMonitor::HealthMonitor(HandlerContext context, const HealthCheck& check, common::WallTime started,
                             const std::string& recorded, Listener listener)
    : context_(context),
      check_(check),
      started_(started),
      listener_(std::move(listener)),
      startup_counter_(check.startup.value_or(check.probe)) {
  record_.status = "starting";
  const bool adopted = !recorded.empty();
  if (adopted)
    if (const auto text = common::ReadFile(HealthFile(context_.pod.run_dir, context_.container.id)))
      record_ = common::DecodeJson<HealthRecord>(*text, "health record").value_or(record_);
  if (!adopted) Write();
  if (adopted && recorded != "starting") BeginChecks(milliseconds(check_.probe.period_ms));
  else if (check_.startup) BeginStartup();
  else BeginChecks(milliseconds(check_.probe.initial_delay_ms));
}

void HealthMonitor::BeginStartup() {
  starting_up_ = true;
  prober_ = std::make_unique<Prober>(context_, *check_.startup, "health", milliseconds(check_.startup->initial_delay_ms),
                                     [this](const Prober::Outcome& outcome) { OnStartupOutcome(outcome); });
}

void HealthMonitor::BeginChecks(milliseconds first) {
  starting_up_ = false;
  prober_ = std::make_unique<Prober>(context_, check_.probe, "health", first,
                                     [this](const Prober::Outcome& outcome) { OnOutcome(outcome); });
}

void HealthMonitor::CheckNow(std::function<void(bool ok)> done) {
  asked_.push_back(std::move(done));
  if (asked_run_) return;
  // The name is that of its scratch files: the other check may be running.
  const Probe& probe = starting_up_ ? *check_.startup : check_.probe;
  asked_run_ = std::make_unique<HandlerRun>(
      context_, probe.handler, "health-asked", milliseconds(probe.timeout_ms), false,
      [this, began = common::Now()](const ProbeResult& result, bool timed_out) { OnAskedOutcome({result, timed_out, began}); });
}

void HealthMonitor::OnAskedOutcome(const Prober::Outcome& outcome) {
  asked_run_.reset();
  if (starting_up_) OnStartupOutcome(outcome);
  else OnOutcome(outcome);
  for (const auto& done : std::exchange(asked_, {})) done(outcome.result.ok);
}

void HealthMonitor::OnStartupOutcome(const Prober::Outcome& outcome) {
  Keep(outcome);
  Write();
  const auto opinion = startup_counter_.Add(outcome.result.ok);
  if (!opinion) return;
  if (*opinion) return BeginChecks(milliseconds(0));
  startup_counter_.Reset();
  listener_.act(HealthCheck::OnFailure::kRestart);
}

void HealthMonitor::OnOutcome(const Prober::Outcome& outcome) {
  Keep(outcome);
  const bool in_start_period =
      record_.status == "starting" && common::Now() - started_ < milliseconds(check_.start_period_ms);
  if (outcome.result.ok) record_.failing_streak = 0;
  else if (!in_start_period) ++record_.failing_streak;
  const bool failed = record_.failing_streak >= check_.probe.failure_threshold;
  const std::string before = record_.status;
  if (outcome.result.ok) record_.status = "healthy";
  else if (failed) record_.status = "unhealthy";
  Write();
  if (record_.status != before) listener_.changed(record_.status);
  // Each time anew: a "kill" may have hit a process that ignores it.
  if (failed && check_.on_failure != HealthCheck::OnFailure::kNone) listener_.act(check_.on_failure);
}

void HealthMonitor::Keep(const Prober::Outcome& outcome) {
  HealthResult result;
  result.start = common::FormatTime(outcome.began, true);
  result.end = common::FormatTime(common::Now(), true);
  result.exit_code = outcome.timed_out ? -1 : outcome.result.ok ? 0 : 1;
  const size_t most = check_.max_log_size > 0 ? static_cast<size_t>(check_.max_log_size) : outcome.result.message.size();
  result.output = SafeText(outcome.result.message, most);
  record_.log.push_back(std::move(result));
  if (check_.max_log_count > 0 && record_.log.size() > static_cast<size_t>(check_.max_log_count))
    record_.log.erase(record_.log.begin());
}

// Lost when the run directory is full; written with the next result.
void HealthMonitor::Write() const {
  (void)common::WriteFileAtomic(HealthFile(context_.pod.run_dir, context_.container.id), common::EncodeJson(record_), 0600);
}

}  // namespace skiff::supervisor
