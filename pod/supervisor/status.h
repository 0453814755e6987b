// status.json: what a pod's supervisor tells the world, replaced atomically at each change. The supervisor is its only
// writer. When the pod has ended, the same text is also written to the state directory as final.json.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/json_fields.h"
#include "common/result.h"

namespace skiff::supervisor {

// Kubernetes' words for a container whose end nobody saw.
inline constexpr char kUnseenReason[] = "ContainerStatusUnknown";
inline constexpr int kUnseenExitCode = 137;

// A postStart or preStop hook, or nothing. What a later supervisor needs to go on with it rather than run it again.
struct HookStatus {
  std::string hook;        // postStart, preStop
  std::string began_at;
  int64_t pid = 0;         // exec: the runtime's process
  uint64_t pid_start_time = 0;
};

// Times are RFC 3339 in UTC with nanoseconds, empty: not yet.
struct ContainerStatus {
  std::string id;
  std::string name;
  std::string state = "created";  // created, waiting (back-off), running, exited
  std::string reason;             // Kubernetes' words: ContainerCreating, CrashLoopBackOff, Completed, Error, OOMKilled, ...
  std::string message;
  int64_t pid = 0;                // in the host's PID namespace, 0: not running
  uint64_t pid_start_time = 0;    // field 22 of /proc/PID/stat: guards against a reused pid
  int exit_code = 0;              // 128 + n for signal n
  bool oom_killed = false;
  std::string started_at;
  std::string finished_at;
  int restart_count = 0;
  std::string next_start_at;      // while waiting in back-off
  int backoff_step = 0;           // how many waits of the back-off's series are over
  bool final = false;             // will not be started again by the restart policy
  bool init = false;
  bool sidecar = false;           // an init container with restartPolicy Always
  // Kubernetes' `started` and `ready`: the first is true once postStart is done and the startup probe, if any, has
  // succeeded. Without probes a container is ready as soon as it is started; an ended init container, once it succeeded.
  bool started = false;
  bool ready = false;
  std::string ready_changed_at;   // since when `ready` is as it is; empty: never was otherwise
  std::string probe_failure;      // of the probe that failed last, "Readiness probe failed: ..."; empty: all is well
  std::string termination_message;  // of the run that has ended (terminationMessagePath, at most 4096 bytes)
  std::string health;             // of a container with a health check: starting, healthy, unhealthy
  std::string stop_began_at;      // a stop is under way
  int64_t stop_grace_ms = 0;      // its grace period
  int64_t stop_least_ms = 0;      // between stop signal and SIGKILL, however short the grace period is
  std::string stop_then;          // what comes after it: stay, policy, restart, anew
  bool stop_held = false;         // a sidecar whose stop signal waits for the other containers' end
  std::optional<HookStatus> hook;  // the one that runs
  // The run before this one, for `logs --previous` and lastState; meaningful when restart_count > 0.
  int last_exit_code = 0;
  std::string last_reason;
  std::string last_started_at;
  std::string last_finished_at;
  std::string last_termination_message;
};

struct PodStatus {
  std::string id;
  std::string state = "created";  // created, running, stopping, exited
  std::string reason;             // why it ended or failed, in Kubernetes' words; empty: normally
  std::string message;
  int64_t infra_pid = 0;
  uint64_t infra_start_time = 0;
  int64_t supervisor_pid = 0;
  // The infra process and with it the network have ended unexpectedly, and others are not in place yet; empty: they are.
  std::string sandbox_lost_at;
  std::string sandbox_ready_at;  // since when the present ones are in place; empty: since the pod's start
  int sandbox_backoff_step = 0;
  std::string started_at;
  std::string finished_at;
  // Conditions. Ready and ContainersReady are one: there is nothing on one machine that could hold a pod back otherwise.
  std::string initialized_at;    // all init containers have succeeded (sidecars: started); empty: not yet
  bool ready = false;            // every container and sidecar is ready
  std::string ready_changed_at;
  std::string stopping_at;       // a stop was asked for: Kubernetes' deletionTimestamp without the grace period
  std::vector<ContainerStatus> containers;
};

// RUN_DIR/status.json.
common::Result<PodStatus> ReadStatus(const std::string& run_dir);

template <typename V>
void VisitFields(V& v, HookStatus& h) {
  v("hook", h.hook);
  v("beganAt", h.began_at);
  v("pid", h.pid);
  v("pidStartTime", h.pid_start_time);
}

template <typename V>
void VisitFields(V& v, ContainerStatus& c) {
  v("id", c.id);
  v("name", c.name);
  v("state", c.state);
  v("reason", c.reason);
  v("message", c.message);
  v("pid", c.pid);
  v("pidStartTime", c.pid_start_time);
  v("exitCode", c.exit_code);
  v("oomKilled", c.oom_killed);
  v("startedAt", c.started_at);
  v("finishedAt", c.finished_at);
  v("restartCount", c.restart_count);
  v("nextStartAt", c.next_start_at);
  v("backoffStep", c.backoff_step);
  v("final", c.final);
  v("init", c.init);
  v("sidecar", c.sidecar);
  v("started", c.started);
  v("ready", c.ready);
  v("readyChangedAt", c.ready_changed_at);
  v("probeFailure", c.probe_failure);
  v("terminationMessage", c.termination_message);
  v("health", c.health);
  v("stopBeganAt", c.stop_began_at);
  v("stopGraceMs", c.stop_grace_ms);
  v("stopLeastMs", c.stop_least_ms);
  v("stopThen", c.stop_then);
  v("stopHeld", c.stop_held);
  v("hook", c.hook);
  v("lastExitCode", c.last_exit_code);
  v("lastReason", c.last_reason);
  v("lastStartedAt", c.last_started_at);
  v("lastFinishedAt", c.last_finished_at);
  v("lastTerminationMessage", c.last_termination_message);
}

template <typename V>
void VisitFields(V& v, PodStatus& p) {
  v("id", p.id);
  v("state", p.state);
  v("reason", p.reason);
  v("message", p.message);
  v("infraPid", p.infra_pid);
  v("infraStartTime", p.infra_start_time);
  v("supervisorPid", p.supervisor_pid);
  v("sandboxLostAt", p.sandbox_lost_at);
  v("sandboxReadyAt", p.sandbox_ready_at);
  v("sandboxBackoffStep", p.sandbox_backoff_step);
  v("startedAt", p.started_at);
  v("finishedAt", p.finished_at);
  v("initializedAt", p.initialized_at);
  v("ready", p.ready);
  v("readyChangedAt", p.ready_changed_at);
  v("stoppingAt", p.stopping_at);
  v("containers", p.containers);
}

}  // namespace skiff::supervisor
