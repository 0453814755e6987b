// Whether and when a container that has ended is started again (kube-semantics 7.3; for `run`, Docker's rule).
#pragma once

#include <chrono>

#include "pod/supervisor/plan.h"

namespace skiff::supervisor {

enum class RestartDecision {
  kRestart,
  kRestartAll,  // the whole pod, by a rule
  kSucceeded,  // final
  kFailed,     // final
};

// `restarts` is how often it was started again so far.
RestartDecision DecideRestart(const ContainerPlan& plan, int exit_code, int restarts);

// The wait before the next start, measured from the last exit.
class RestartBackoff {
 public:
  struct Rule {
    std::chrono::milliseconds first;     // of the first restart
    std::chrono::milliseconds second;    // doubles from here
    std::chrono::milliseconds longest;
    std::chrono::milliseconds reset_after;  // a run that lasted longer starts the series anew
  };
  // Kubernetes: at once, then 10 s to 300 s, anew after 10 minutes. `run`: 100 ms to 60 s, anew after 10 s.
  static Rule RuleFor(const ContainerPlan& plan);

  // `step`: how many waits of the series are over (of an earlier supervisor).
  explicit RestartBackoff(Rule rule, int step = 0) : rule_(rule), step_(step) {}

  std::chrono::milliseconds Next(std::chrono::milliseconds last_run);
  void Reset() { step_ = 0; }
  int step() const { return step_; }

 private:
  Rule rule_;
  int step_;
};

}  // namespace skiff::supervisor
