// What is said to and by a running pod's supervisor. Two channels, both SOCK_SEQPACKET with one JSON object per packet:
//
// 1. The launch channel: descriptor kLaunchFd of skiff-reaper and skiff-supervisor, a socketpair kept by the launcher.
//    supervisor -> launcher  LaunchEvent{kInfraReady, pid}          the namespaces exist
//    launcher -> supervisor  any packet                             the network is wired (only if plan.wait_for_network)
//    supervisor -> launcher  LaunchEvent{kRunning}                  every container that starts by itself has been started
//                         or LaunchEvent{kFailed, container, ...}   one could not start: all is taken down again first
//                         or LaunchEvent{kInitFailed, ...}          an init container ended with an error; the pod stays
//                                                                   and retries by its policy
//    If the launcher closes the channel before the network is wired, the supervisor takes the pod down and ends.
//    While init containers run, no event is sent; kRunning comes after the last one and the start of the others.
//
// 2. The control socket RUN_DIR/control.sock: ControlRequest, then ControlReply. Connections are independent; a request
//    that waits ("wait", "stop", "start") is answered when it is done.
//    "attach" switches the connection to a stream after its reply: packets to the client begin with a byte 2 (stdout) or
//    3 (stderr), packets from the client are raw standard input, an empty packet or shutdown(SHUT_WR) is end of input;
//    when the container ends, the client gets a last packet with byte 1 and the decimal exit code.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/json_fields.h"
#include "pod/supervisor/plan.h"

namespace skiff::supervisor {

inline constexpr int kLaunchFd = 3;
inline constexpr int kLockFd = 4;  // of skiff-reaper: pod.lock, locked by its starter; descriptors to keep follow
inline constexpr char kControlSocket[] = "control.sock";
inline constexpr char kPodLock[] = "pod.lock";      // flock, taken by the launcher, held by skiff-reaper for life
// Exists from the pod's start until the launch is over. A supervisor that is restarted and finds it takes the pod down, as
// the launcher has seen its channel close.
inline constexpr char kLaunchPendingFile[] = "launch.pending";
inline constexpr char kKeptFile[] = "kept";  // the names of skiff-reaper's descriptors from kLockFd + 1 on, a line each
inline constexpr char kPlanFile[] = "plan.json";
inline constexpr char kStatusFile[] = "status.json";
inline constexpr char kFinalFile[] = "final.json";  // in the state directory
// A link to /proc/INFRA/ns, made before the first container starts: as the infra process is not known when config.json is
// written, it joins RUN_DIR/ns/net, RUN_DIR/ns/ipc, RUN_DIR/ns/uts and RUN_DIR/ns/pid.
inline constexpr char kNamespaces[] = "ns";
inline constexpr size_t kMaxPacket = 64 * 1024;

struct LaunchEvent {
  std::string event;      // "infra-ready", "running", "failed", "init-failed"; "adopted" or "failed" of a pod that ran
  int64_t pid = 0;        // infra-ready
  // failed, init-failed: its name, empty: the pod itself. running: whose postStart hook goes on and holds up what follows.
  std::string container;
  std::string message;    // failed: the cause, for people
  std::string code;       // failed: "command-not-found", "command-not-executable" or empty
  int exit_code = 0;      // init-failed
};

struct ControlRequest {
  // status                          -> reply only
  // start      container            held or ended container; waits until it runs
  // stop       container ("": pod)  grace_ms overrides; waits until stopped. The pod's stop ends supervisor and reaper.
  //                              keep_least: the plan's least_grace_ms holds all the same
  // restart    container
  // kill       container, signal    to the container's process
  // wait       container, until     "exit" (its end for good, reply.exit_code), "running"
  // add        plan                 a further container; started unless plan.held
  // remove     container            forget an ended one, unmount it
  // health     container            makes its health check now; reply.exit_code: 0 healthy, 1 not
  // attach     container            see above
  // resize     container, rows, columns
  // hold       names (one), a socket  keep a port of the host (held_port.h) from now on, relay it where its name says so
  // release    names                  give up the sockets that hold these host sides
  // relay-to   names                  the pod's addresses of now, to the first of which relays lead
  std::string op;
  std::string container;  // id
  std::optional<int64_t> grace_ms;
  bool keep_least = false;
  int signal = 0;
  std::string until;
  int rows = 0;
  int columns = 0;
  std::optional<ContainerPlan> plan;
  std::vector<std::string> names;
};

struct ControlReply {
  bool ok = false;
  std::string error;  // for people
  std::string code;   // "not-found", "busy", "timeout", "command-not-found", "command-not-executable" or empty
  int exit_code = 0;  // wait, health
};

template <typename V>
void VisitFields(V& v, LaunchEvent& e) {
  v("event", e.event);
  v("pid", e.pid);
  v("container", e.container);
  v("message", e.message);
  v("code", e.code);
  v("exitCode", e.exit_code);
}

template <typename V>
void VisitFields(V& v, ControlRequest& r) {
  v("op", r.op);
  v("container", r.container);
  v("graceMs", r.grace_ms);
  v("keepLeast", r.keep_least);
  v("signal", r.signal);
  v("until", r.until);
  v("rows", r.rows);
  v("columns", r.columns);
  v("plan", r.plan);
  v("names", r.names);
}

template <typename V>
void VisitFields(V& v, ControlReply& r) {
  v("ok", r.ok);
  v("error", r.error);
  v("code", r.code);
  v("exitCode", r.exit_code);
}

}  // namespace skiff::supervisor
