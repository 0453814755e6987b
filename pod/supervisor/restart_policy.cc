#include "pod/supervisor/restart_policy.h"

#include <algorithm>

namespace skiff::supervisor {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

RestartDecision DecideRestart(const ContainerPlan& plan, int exit_code, int restarts) {
  const RestartDecision final = exit_code == 0 ? RestartDecision::kSucceeded : RestartDecision::kFailed;
  for (const RestartRule& rule : plan.restart_rules)
    if (rule.Matches(exit_code)) return rule.all ? RestartDecision::kRestartAll : RestartDecision::kRestart;
  if (plan.restart == "Never") return final;
  if (exit_code == 0 && ((plan.init && !plan.sidecar) || plan.restart == "OnFailure")) return final;
  if (plan.restart == "OnFailure" && plan.max_retries > 0 && restarts >= plan.max_retries) return final;
  return RestartDecision::kRestart;
}

RestartBackoff::Rule RestartBackoff::RuleFor(const ContainerPlan& plan) {
  if (plan.persist_writable) return {100ms, 200ms, 60s, 10s};
  return {0ms, 10s, 300s, 600s};
}

milliseconds RestartBackoff::Next(milliseconds last_run) {
  if (last_run > rule_.reset_after) step_ = 0;
  const int step = step_++;
  if (step == 0) return rule_.first;
  // Beyond 2^20 every rule has reached its longest wait.
  return std::min(rule_.second * (int64_t{1} << std::min(step - 1, 20)), rule_.longest);
}

}  // namespace skiff::supervisor
