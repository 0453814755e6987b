// The health check of a container of `run` (--health-*, HEALTHCHECK): Docker's and podman's rules.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "pod/supervisor/health_record.h"
#include "pod/supervisor/prober.h"

namespace skiff::supervisor {

class HealthMonitor {
 public:
  // The status has changed ("healthy"), or the start-up check has failed for good.
  struct Listener {
    std::function<void(const std::string& status)> changed;
    std::function<void(HealthCheck::OnFailure)> act;
  };

  // `started`: when the container's process was started; `recorded`: the status that an earlier supervisor left, or empty.
  HealthMonitor(HandlerContext context, const HealthCheck& check, common::WallTime started, const std::string& recorded,
                Listener listener);

  // One more check, now; its result counts as any other. `done` is told whether it was good, after that is recorded, and not at all
  // when the monitor ends before.
  void CheckNow(std::function<void(bool ok)> done);

 private:
  void BeginStartup();
  void BeginChecks(std::chrono::milliseconds first);
  void OnStartupOutcome(const Prober::Outcome& outcome);
  void OnOutcome(const Prober::Outcome& outcome);
  void OnAskedOutcome(const Prober::Outcome& outcome);
  void Keep(const Prober::Outcome& outcome);
  void Write() const;

  HandlerContext context_;
  const HealthCheck& check_;
  common::WallTime started_;
  Listener listener_;
  HealthRecord record_;
  ProbeCounter startup_counter_;
  bool starting_up_ = false;  // prober_ makes the start-up check
  std::unique_ptr<Prober> prober_;
  std::unique_ptr<HandlerRun> asked_run_;
  std::vector<std::function<void(bool)>> asked_;  // who waits for it
};

}  // namespace skiff::supervisor
