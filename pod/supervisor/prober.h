// One probe of a running container, attempt after attempt.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "common/clock.h"
#include "pod/supervisor/handler_run.h"

namespace skiff::supervisor {

// Counts results as the kubelet does: an opinion changes after a number of equal results in a row.
class ProbeCounter {
 public:
  explicit ProbeCounter(const Probe& probe) : success_(probe.success_threshold), failure_(probe.failure_threshold) {}

  // The opinion after one more result; absent: not enough of them yet.
  std::optional<bool> Add(bool ok) {
    run_ = ok == last_ ? run_ + 1 : 1;
    last_ = ok;
    if (run_ < (ok ? success_ : failure_)) return std::nullopt;
    return ok;
  }
  void Reset() { run_ = 0; }
  int failures() const { return last_ ? 0 : run_; }

 private:
  int success_;
  int failure_;
  bool last_ = true;
  int run_ = 0;
};

class Prober {
 public:
  // Everything about one attempt.
  struct Outcome {
    ProbeResult result;
    bool timed_out = false;
    common::WallTime began;
  };
  // Called after each attempt; may destroy the prober.
  using OnOutcome = std::function<void(const Outcome&)>;

  // The first attempt comes `first` from now, the others each period after the beginning of the one before.
  Prober(HandlerContext context, const Probe& probe, std::string purpose, std::chrono::milliseconds first, OnOutcome on_outcome);
  ~Prober() { context_.loop.Cancel(timer_); }
  Prober(const Prober&) = delete;
  Prober& operator=(const Prober&) = delete;

 private:
  void Attempt();

  HandlerContext context_;
  const Probe& probe_;
  std::string purpose_;
  OnOutcome on_outcome_;
  EventLoop::TimerId timer_ = 0;
  std::unique_ptr<HandlerRun> run_;
};

}  // namespace skiff::supervisor
