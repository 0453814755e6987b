// plan.json: what skiff hands to a pod's supervisor. Everything is resolved: the supervisor mounts, starts, watches and
// stops; it never reads images, the database or YAML. Written by pod::Engine, read by skiff-reaper and skiff-supervisor.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/json_fields.h"
#include "common/result.h"
#include "pod/supervisor/probe.h"
#include "pod/supervisor/restart_rule.h"

namespace skiff::supervisor {

// A directory below a volume, opened component by component without leaving it (kube-semantics.md 6.3), created if missing
// and bound to `target`, which config.json names as the mount's source.
struct SubPath {
  std::string volume_dir;
  std::string sub_path;
  std::string target;
};

struct ContainerPlan {
  std::string id;
  std::string name;    // Kubernetes' container name
  std::string bundle;  // folder with config.json
  std::string rootfs;  // mount point of the overlay: root.path of config.json
  std::vector<std::string> lower_dirs;  // image layers, nearest (top) first
  std::string writable_dir;  // on disk: holds "upper" and "work"; both are made anew at each restart of a kube container
  bool persist_writable = false;  // `run`: the writable layer survives a restart
  std::string log_dir;         // folder of N.log (CRI format), N = restart count; empty: no log
  std::string restart = "Always";  // Always, OnFailure, Never
  int max_retries = 0;             // OnFailure: 0 means no limit
  std::vector<RestartRule> restart_rules;  // the first that matches wins over `restart`
  bool init = false;               // started in order before the others; runs to completion unless it is a sidecar
  bool sidecar = false;            // an init container that goes on running, and is stopped after the others
  int stop_signal = 15;
  int64_t grace_ms = 30'000;
  bool tty = false;
  bool stdin = false;
  bool stdin_once = false;
  bool held = false;          // stays "created" until the control socket asks for it
  bool auto_remove = false;   // the engine's clean-up removes it after its end
  std::string cgroup;         // below each controller's root, "/skiff/pod-ID/CID"
  std::vector<SubPath> sub_paths;
  std::string termination_message_file;  // host file that is bound into the container; emptied before each start
  bool message_from_log = false;  // FallbackToLogsOnError: the log's end stands in for an empty message of a failed run
  std::optional<Probe> startup_probe;
  std::optional<Probe> liveness_probe;
  std::optional<Probe> readiness_probe;
  std::optional<Handler> post_start;
  std::optional<Handler> pre_stop;
  std::optional<HealthCheck> health;
};

// The pause process and its namespaces.
struct InfraPlan {
  std::string hostname;
  // true: a namespace of its own; false: the host's.
  bool net = false;
  bool ipc = false;
  bool uts = false;
  bool pid = false;      // shareProcessNamespace; otherwise each container has its own
  std::string net_path;  // join this network namespace; net is false then
  std::map<std::string, std::string> sysctls;
  std::string cgroup;
  std::string pause_program;
};

struct TmpfsPlan {
  std::string path;
  uint64_t size = 0;  // bytes, 0: the kernel's default (half of memory)
  uint32_t mode = 0777;
  int64_t gid = -1;   // fsGroup, -1: unchanged
};

struct PodPlan {
  std::string id;
  std::string name;
  std::string kube_namespace;
  std::string uid;
  std::string run_dir;    // this file's folder: status.json, pod.lock, control.sock, exits
  std::string state_dir;  // on disk: writable layers, volumes, logs; final.json after the end
  std::string runtime;       // program: crun, runc or a path
  std::string runtime_root;  // its --root
  std::string cgroup_root;
  std::string cgroup;             // the pod's: "/skiff/pod-ID"
  std::string reaper_program;
  std::string supervisor_program;
  std::string probe_program;      // skiff-probe: HTTPS, and names instead of addresses
  bool relays_inside = false;     // relayed connections begin in the pod's network
  std::string address;            // probes without a host go there; empty: 127.0.0.1
  std::string supervisor_cgroup;  // beside the pod's, for reaper and supervisor; empty: stay
  InfraPlan infra;
  bool wait_for_network = false;  // wait for the launcher's word before the first container starts
  bool shared_propagation = false;  // a mount with Bidirectional propagation: host mounts stay peers
  std::string shm_dir;           // mount point of /dev/shm's tmpfs; empty: none (host IPC)
  uint64_t shm_size = 64u << 20;
  std::vector<TmpfsPlan> tmpfs;  // memory volumes
  std::vector<ContainerPlan> containers;  // init containers first, in their order
  bool exit_with_containers = false;  // end infra when all containers have ended for good
  std::string restart_policy;         // of a pod of Kubernetes'; empty: of no other pod is the sandbox made anew
  int64_t active_deadline_s = 0;      // 0: none
  int64_t least_grace_ms = 0;         // between stop signal and SIGKILL, unless somebody asks for less
  // Run when a new infra process has taken the place of one that ended: wires its network, as the launcher did for the first one,
  // and succeeds when that is done. argv; empty: nothing.
  std::vector<std::string> sandbox_command;
  // Run after the pod has ended (by itself or stopped): releases its network. argv; empty: nothing.
  std::vector<std::string> exit_command;
  // Run whenever the pod's or a container's readiness has changed, and after exit_command when the pod has ended. Never two
  // at once: a change during a run makes one more run afterwards. argv; empty: nothing.
  std::vector<std::string> readiness_command;
  // Only while this path exists: a command that finds nothing to do costs more than the change itself. Empty: always.
  std::string readiness_marker;
};

// RUN_DIR/plan.json.
common::Result<PodPlan> ReadPlan(const std::string& run_dir);

template <typename V>
void VisitFields(V& v, SubPath& s) {
  v("volumeDir", s.volume_dir);
  v("subPath", s.sub_path);
  v("target", s.target);
}

template <typename V>
void VisitFields(V& v, ContainerPlan& c) {
  v("id", c.id);
  v("name", c.name);
  v("bundle", c.bundle);
  v("rootfs", c.rootfs);
  v("lowerDirs", c.lower_dirs);
  v("writableDir", c.writable_dir);
  v("persistWritable", c.persist_writable);
  v("logDir", c.log_dir);
  v("restart", c.restart);
  v("maxRetries", c.max_retries);
  v("restartRules", c.restart_rules);
  v("init", c.init);
  v("sidecar", c.sidecar);
  v("stopSignal", c.stop_signal);
  v("graceMs", c.grace_ms);
  v("tty", c.tty);
  v("stdin", c.stdin);
  v("stdinOnce", c.stdin_once);
  v("held", c.held);
  v("autoRemove", c.auto_remove);
  v("cgroup", c.cgroup);
  v("subPaths", c.sub_paths);
  v("terminationMessageFile", c.termination_message_file);
  v("messageFromLog", c.message_from_log);
  v("startupProbe", c.startup_probe);
  v("livenessProbe", c.liveness_probe);
  v("readinessProbe", c.readiness_probe);
  v("postStart", c.post_start);
  v("preStop", c.pre_stop);
  v("health", c.health);
}

template <typename V>
void VisitFields(V& v, InfraPlan& i) {
  v("hostname", i.hostname);
  v("net", i.net);
  v("netPath", i.net_path);
  v("ipc", i.ipc);
  v("uts", i.uts);
  v("pid", i.pid);
  v("sysctls", i.sysctls);
  v("cgroup", i.cgroup);
  v("pauseProgram", i.pause_program);
}

template <typename V>
void VisitFields(V& v, TmpfsPlan& t) {
  v("path", t.path);
  v("size", t.size);
  v("mode", t.mode);
  v("gid", t.gid);
}

template <typename V>
void VisitFields(V& v, PodPlan& p) {
  v("id", p.id);
  v("name", p.name);
  v("namespace", p.kube_namespace);
  v("uid", p.uid);
  v("runDir", p.run_dir);
  v("stateDir", p.state_dir);
  v("runtime", p.runtime);
  v("runtimeRoot", p.runtime_root);
  v("cgroupRoot", p.cgroup_root);
  v("cgroup", p.cgroup);
  v("reaperProgram", p.reaper_program);
  v("supervisorProgram", p.supervisor_program);
  v("probeProgram", p.probe_program);
  v("relaysInside", p.relays_inside);
  v("address", p.address);
  v("supervisorCgroup", p.supervisor_cgroup);
  v("infra", p.infra);
  v("waitForNetwork", p.wait_for_network);
  v("sharedPropagation", p.shared_propagation);
  v("shmDir", p.shm_dir);
  v("shmSize", p.shm_size);
  v("tmpfs", p.tmpfs);
  v("containers", p.containers);
  v("exitWithContainers", p.exit_with_containers);
  v("activeDeadlineS", p.active_deadline_s);
  v("leastGraceMs", p.least_grace_ms);
  v("restartPolicy", p.restart_policy);
  v("sandboxCommand", p.sandbox_command);
  v("exitCommand", p.exit_command);
  v("readinessCommand", p.readiness_command);
  v("readinessMarker", p.readiness_marker);
}

}  // namespace skiff::supervisor
