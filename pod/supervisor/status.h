// status.json: what a pod's supervisor tells the world, replaced atomically at each change. The supervisor is its only
// writer. When the pod has ended, the same text is also written to the state directory as final.json.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/json_fields.h"

namespace skiff::supervisor {

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
  bool final = false;             // will not be started again by the restart policy
  // The run before this one, for `logs --previous` and lastState; meaningful when restart_count > 0.
  int last_exit_code = 0;
  std::string last_reason;
  std::string last_started_at;
  std::string last_finished_at;
};

struct PodStatus {
  std::string id;
  std::string state = "created";  // created, running, stopping, exited
  std::string reason;             // why it ended or failed, in Kubernetes' words; empty: normally
  std::string message;
  int64_t infra_pid = 0;
  uint64_t infra_start_time = 0;
  int64_t supervisor_pid = 0;
  std::string started_at;
  std::string finished_at;
  std::vector<ContainerStatus> containers;
};

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
  v("final", c.final);
  v("lastExitCode", c.last_exit_code);
  v("lastReason", c.last_reason);
  v("lastStartedAt", c.last_started_at);
  v("lastFinishedAt", c.last_finished_at);
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
  v("startedAt", p.started_at);
  v("finishedAt", p.finished_at);
  v("containers", p.containers);
}

}  // namespace skiff::supervisor
