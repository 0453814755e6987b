#include "pod/supervisor/container_probes.h"

namespace skiff::supervisor {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {
constexpr char kStartup[] = "Startup";
constexpr char kLiveness[] = "Liveness";
constexpr char kReadiness[] = "Readiness";
}  // namespace

ContainerProbes::ContainerProbes(HandlerContext context, milliseconds since_start, bool started, ProbeListener& listener)
    : context_(context), listener_(listener), process_began_(steady_clock::now() - since_start) {
  const auto& startup = context_.container.startup_probe;
  if (startup && !started) Begin(startup_, *startup, kStartup, since_start);
  else BeginOthers(since_start);
}

void ContainerProbes::Begin(Running& running, const Probe& probe, const std::string& which, milliseconds since_start) {
  running.counter.emplace(probe);
  running.prober = std::make_unique<Prober>(
      context_, probe, which, milliseconds(probe.initial_delay_ms) - since_start,
      [this, &running, &probe, which](const Prober::Outcome& outcome) { OnOutcome(running, probe, which, outcome); });
}

void ContainerProbes::BeginOthers(milliseconds since_start) {
  const ContainerPlan& plan = context_.container;
  if (plan.liveness_probe) Begin(liveness_, *plan.liveness_probe, kLiveness, since_start);
  if (plan.readiness_probe) Begin(readiness_, *plan.readiness_probe, kReadiness, since_start);
}

void ContainerProbes::OnStopping() {
  startup_.prober.reset();
  liveness_.prober.reset();
}

void ContainerProbes::OnOutcome(Running& running, const Probe& probe, const std::string& which,
                                const Prober::Outcome& outcome) {
  const auto opinion = running.counter->Add(outcome.result.ok);
  if (outcome.result.ok) listener_.OnProbeSuccess(which, outcome.result);
  else listener_.OnProbeFailure(fmt::format("{} probe failed: {}", which, outcome.result.message));
  if (opinion) OnOpinion(running, probe, which, *opinion);
}

void ContainerProbes::OnOpinion(Running& running, const Probe& probe, const std::string& which, bool ok) {
  if (which == kReadiness) return listener_.OnReadinessProbe(ok);
  if (!ok) {
    running.prober.reset();
    return listener_.OnProbeGivesUp(which, probe);
  }
  if (which != kStartup) return;
  startup_.prober.reset();
  BeginOthers(std::chrono::duration_cast<milliseconds>(steady_clock::now() - process_began_));
  listener_.OnStartupProbeSucceeded();
}

}  // namespace skiff::supervisor
