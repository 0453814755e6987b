// The Kubernetes probes of one run of a container (kube-semantics.md 7.4): the startup probe first, then liveness and
// readiness.
#pragma once

#include <memory>
#include <string>

#include "pod/supervisor/prober.h"

namespace skiff::supervisor {

class ProbeListener {
 public:
  virtual ~ProbeListener() = default;
  virtual void OnStartupProbeSucceeded() = 0;
  virtual void OnReadinessProbe(bool ready) = 0;
  // One failed attempt of "Liveness", "Readiness" or "Startup"; `text` is the kubelet's event.
  virtual void OnProbeFailure(const std::string& text) = 0;
  virtual void OnProbeSuccess(const std::string& which, const ProbeResult& result) = 0;
  // The container is to be killed. Its probes do not run on. May destroy the probes.
  virtual void OnProbeGivesUp(const std::string& which, const Probe& probe) = 0;
};

class ContainerProbes {
 public:
  // `since_start`: how long the container's process has been running; `started`: the startup probe has succeeded already.
  ContainerProbes(HandlerContext context, std::chrono::milliseconds since_start, bool started, ProbeListener& listener);

  // The container is being stopped: only readiness is still of interest.
  void OnStopping();

 private:
  struct Running {
    std::unique_ptr<Prober> prober;
    std::optional<ProbeCounter> counter;
  };
  void Begin(Running& running, const Probe& probe, const std::string& which, std::chrono::milliseconds since_start);
  void BeginOthers(std::chrono::milliseconds since_start);
  void OnOutcome(Running& running, const Probe& probe, const std::string& which, const Prober::Outcome& outcome);
  void OnOpinion(Running& running, const Probe& probe, const std::string& which, bool ok);

  HandlerContext context_;
  ProbeListener& listener_;
  std::chrono::steady_clock::time_point process_began_;
  Running startup_;
  Running liveness_;
  Running readiness_;
};

}  // namespace skiff::supervisor
