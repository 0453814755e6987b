// Pods and containers: what the commands do with them. One Engine per command; every call is atomic against other commands
// (unique names in state.db, locks that are never held while something slow runs) and repairs what a killed one left.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/result.h"
#include "common/system_paths.h"
#include "image/store.h"
#include "network/network.h"
#include "pod/network/service_state.h"
#include "pod/spec.h"
#include "pod/state/journal.h"
#include "pod/supervisor/event_log.h"
#include "pod/supervisor/status.h"

namespace skiff::pod {

class StateStore;
using PodEvent = supervisor::Event;

// The CLI's hidden command "PROGRAM clean-up-pod ID", which calls CleanUpEndedPod: a pod's reaper runs it when the pod has
// ended (PodPlan::exit_command).
inline constexpr char kCleanUpPodCommand[] = "clean-up-pod";
// Likewise "PROGRAM clean-up-networks", which calls RemoveUnusedNetworks: run by commands that end the last pod of a network.
inline constexpr char kCleanUpNetworksCommand[] = "clean-up-networks";

// Likewise "PROGRAM adopt-pods", which calls Repair: run by commands that only look and find a pod whose reaper was killed.
inline constexpr char kAdoptPodsCommand[] = "adopt-pods";

// The CLI's hidden command "PROGRAM follow-pods", which brings Services in line with the pods: a pod's supervisor runs it
// when the pod has become ready or is ready no longer.
inline constexpr char kFollowPodsCommand[] = "follow-pods";

// Likewise "PROGRAM wire-sandbox ID", which calls WireSandbox: run by the supervisor of a pod whose infra process was replaced.
inline constexpr char kWireSandboxCommand[] = "wire-sandbox";

struct EngineOptions {
  common::SystemPaths paths;
  std::string runtime;  // --runtime: empty means crun, else runc, whichever is installed
  // Asked again and again while a start waits for init containers: true ends the wait, and they go on. Empty: never.
  std::function<bool()> leave_starts = {};
};

// A container as commands show it: its record and its state.
struct ContainerInfo {
  std::string id;
  std::string name;  // as shown: unique among all containers
  std::string pod_id;
  std::string pod_name;   // empty for the implicit pod of `run`
  std::string image_id;
  std::string image_name;
  std::string created;    // RFC 3339
  std::vector<std::string> command;  // entrypoint and arguments as started
  ContainerSpec spec;
  supervisor::ContainerStatus status;
};

struct PodInfo {
  std::string id;
  std::string name;
  std::string created;
  PodSpec spec;
  supervisor::PodStatus status;  // state "created" before the first start, "exited" after the end
  std::vector<network::Lease> leases;
  std::vector<ContainerInfo> containers;  // init containers first
  // Made by CreateWaitingPod.
  bool WaitsForImage() const;
  std::string infra_id;  // shown by podman-compatible output; derived from id
};

// What would keep a pod from starting, and which part of its spec says so.
struct StartProblem {
  enum class Part { kPod, kVolume, kContainer, kUser, kCommand, kPort };
  Part part = Part::kPod;
  std::string name;          // of the volume or the container
  network::Port port;        // kPort
  common::Error error;
};

struct ExecOptions {
  std::vector<std::string> command;
  std::vector<std::string> env;  // "K=V"
  std::string working_dir;
  std::string user;
  bool tty = false;
  bool interactive = false;
  bool privileged = false;
};

struct LogOptions {
  bool follow = false;
  bool timestamps = false;
  bool previous = false;
  bool latest = false;             // only of the newest run; following ends with it
  std::optional<int64_t> tail;     // lines; absent: all
  std::string since;               // RFC 3339 or empty
  std::function<bool()> enough;    // asked while following: no more is wanted
};

class Engine {
 public:
  static common::Result<std::unique_ptr<Engine>> Open(EngineOptions options);
  ~Engine();

  // --- pods ---
  // Checks the spec (image present, user, volumes, ports), reserves the names and writes the record. Nothing runs yet.
  // kExists: the name is taken. Returns the pod's id.
  common::Result<std::string> CreatePod(const PodSpec& spec);
  // The same for a pod some of whose images cannot be had: a record to be seen, whose containers wait for the reasons given.
  // StartPod starts it as soon as the images are there.
  struct ImageFailure {
    std::string container;  // its name in the spec
    std::string reason;     // ErrImagePull, ImagePullBackOff, ErrImageNeverPull
    std::string message;
  };
  common::Result<std::string> CreateWaitingPod(const PodSpec& spec, const std::vector<ImageFailure>& failures);
  // Tried again, in vain: another event, and what the containers wait for. Nothing for a pod that waits for no image.
  common::Result<> KeepWaiting(const std::string& pod_id, const std::vector<ImageFailure>& failures);
  // Whoever pulls for a waiting pod again and again is the last that called ClaimWaiting for it; the token proves it. False: the
  // pod waits no longer, or for somebody else.
  common::Result<std::string> ClaimWaiting(const std::string& pod_id);
  common::Result<bool> WaitsFor(const std::string& pod_id, const std::string& token);
  // What can be told about the start of a new pod before it is made: images, users, commands, hostPath types, ports. `leaving`:
  // pods that will be gone by then, whose ports count as free. Nothing is changed.
  common::Result<std::vector<StartProblem>> CheckStart(const PodSpec& spec, const std::vector<std::string>& leaving);
  // Starts supervisor, infra, network and every container that is not held. kNotFound: an image is not there. On error nothing
  // of the start is left and the pod is as it was before; a warning (an init container that will be retried) goes to `warn`.
  common::Result<> StartPod(const std::string& pod_id, const std::function<void(const std::string&)>& warn = {});
  // Graceful; `grace_s` overrides the pod's own. Not running is fine.
  common::Result<> StopPod(const std::string& pod_id, std::optional<int64_t> grace_s = {});
  common::Result<> KillPod(const std::string& pod_id, int signal);
  // kBusy: running and not `force`. Removes containers, writable layers, private volumes, logs, leases, records.
  // `as_kubelet`: a pod of `kube play` has two seconds to end, however short `grace_s` is.
  common::Result<> RemovePod(const std::string& pod_id, bool force, std::optional<int64_t> grace_s = {}, bool as_kubelet = false);
  common::Result<std::vector<PodInfo>> ListPods();
  common::Result<PodInfo> InspectPod(const std::string& pod_id);
  // By name ("web", or "NAMESPACE/web"), id or unique id prefix. kNotFound, or kInvalid when ambiguous.
  common::Result<std::string> FindPod(const std::string& name_or_id);

  // --- containers ---
  // Adds a container to a pod (`run --pod`), or to a new implicit pod made from `pod` when given. Returns its id.
  // `volumes`: further volumes of the pod that the container's mounts name.
  common::Result<std::string> CreateContainer(const ContainerSpec& spec, const std::string& pod_id,
                                              const std::vector<Volume>& volumes = {});
  common::Result<std::string> CreateContainer(const ContainerSpec& spec, const PodSpec& implicit_pod);
  common::Result<> StartContainer(const std::string& container_id);
  common::Result<> StopContainer(const std::string& container_id, std::optional<int64_t> grace_s = {});
  common::Result<> KillContainer(const std::string& container_id, int signal);
  common::Result<> RestartContainer(const std::string& container_id, std::optional<int64_t> grace_s = {});
  // kBusy: running and not `force`. `with_volumes`: anonymous volumes too.
  common::Result<> RemoveContainer(const std::string& container_id, bool force, bool with_volumes = false);
  common::Result<std::vector<ContainerInfo>> ListContainers();
  common::Result<ContainerInfo> InspectContainer(const std::string& container_id);
  // By name, id or unique id prefix.
  common::Result<std::string> FindContainer(const std::string& name_or_id);
  // Waits for the end for good; returns the exit code.
  common::Result<int> WaitContainer(const std::string& container_id);
  // Makes its health check now; its result counts. kBusy: it has none, or does not run.
  common::Result<bool> CheckHealth(const std::string& container_id);
  // Connects our standard streams; the terminal is put into raw mode for a tty. Returns the exit code when the container
  // ends, or nullopt after the detach keys (ctrl-p ctrl-q). `start`: started after the connection stands, so that no output
  // is missed. `with_stdin`: forward standard input.
  common::Result<std::optional<int>> Attach(const std::string& container_id, bool start, bool with_stdin,
                                            const std::string& detach_keys = "ctrl-p,ctrl-q");
  // In the foreground with our standard streams; returns the command's exit code.
  common::Result<int> Exec(const std::string& container_id, const ExecOptions& options);
  // Calls `line(time, stream, text)` per line ("stdout"/"stderr", text without newline) in order.
  // `ended`: by a newline; else the output of a run ends with this line.
  using LogSink =
      std::function<void(const std::string& time, const std::string& stream, std::string_view text, bool ended)>;
  common::Result<> ReadLogs(const std::string& container_id, const LogOptions& options, const LogSink& line);

  // --- named volumes ---
  struct VolumeInfo {
    std::string name;
    std::string created;
    std::string mount_point;
    std::map<std::string, std::string> labels;
    bool anonymous = false;
  };
  common::Result<VolumeInfo> EnsureVolume(const std::string& name, const std::map<std::string, std::string>& labels = {});
  common::Result<std::vector<VolumeInfo>> ListVolumes();
  common::Result<> RemoveVolume(const std::string& name, bool force);  // kBusy: used by a container

  // --- networks ---
  common::Result<network::Definition> CreateNetwork(network::Definition wanted);  // network::Network::Create
  common::Result<network::Definition> FindNetwork(const std::string& name_or_id);
  common::Result<std::vector<network::Definition>> ListNetworks();
  // Before anything is made or removed for a pod on these networks: what is wrong with the networks, or with the addresses wished
  // for. An address that another pod holds is found at the start only.
  common::Result<> CheckNetworks(const NetworkSpec& networks);
  // The ids of the pods that are on it, or will be when they are started.
  common::Result<std::vector<std::string>> NetworkUsers(const std::string& name);
  // kBusy: pods use it, and not `force`, which removes them.
  common::Result<> RemoveNetwork(const std::string& name, bool force, std::optional<int64_t> grace_s = {});
  // Of a pod that runs at once, of any other when it is started.
  common::Result<> ConnectNetwork(const std::string& pod_id, const NetworkAttachment& attachment);
  common::Result<> DisconnectNetwork(const std::string& pod_id, const std::string& name);
  // Bridges and rules that no pod needs any more.
  common::Result<> RemoveUnusedNetworks();
  // For a command whose user waits for a container and not for what it leaves: bridges and rules go on being removed when the
  // engine is gone. Otherwise its destructor waits for that.
  void LeaveCleanUps();
  // The ids of those that run and lack a bridge, their link on it or the rules, which another program has removed.
  common::Result<std::set<std::string>> FindDamagedNetworks(const std::vector<PodInfo>& pods);
  // Brings back what of a running pod's links, rules and ports has been lost.
  common::Result<> ReloadNetwork(const std::string& pod_id);
  // The network of a pod whose infra process ended and was replaced: what the pod holds of it, in the new namespace. kBusy: no
  // such pod.
  common::Result<> WireSandbox(const std::string& pod_id);
  // Further ports of a pod, or fewer, while it runs or for its next start. Unpublish: the host side tells which.
  common::Result<> PublishPorts(const std::string& pod_id, const std::vector<PortMapping>& ports);
  common::Result<> UnpublishPorts(const std::string& pod_id, const std::vector<PortMapping>& ports);

  // --- applied Kubernetes objects (opaque to this module) ---
  struct StoredObject {
    std::string kind;
    std::string kube_namespace;
    std::string name;
    std::string uid;
    std::string json;      // the object as applied, with defaults
    std::string revision;  // hash of what decides whether it changed
    std::string created;
  };
  common::Result<> PutObject(const StoredObject& object);
  common::Result<std::optional<StoredObject>> GetObject(const std::string& kind, const std::string& kube_namespace,
                                                        const std::string& name);
  common::Result<std::vector<StoredObject>> ListObjects(const std::string& kind = "");
  common::Result<> DeleteObject(const std::string& kind, const std::string& kube_namespace, const std::string& name);

  // --- events ---
  // What happened to a pod, oldest first. Empty for a pod that is not there.
  common::Result<std::vector<PodEvent>> PodEvents(const std::string& pod_id);
  common::Result<> AddPodEvent(const std::string& pod_id, const PodEvent& event);
  // Those of pods that were removed within the last hour (GonePodEvents).
  common::Result<std::vector<EngineEvent>> EventsOfGonePods();

  // --- Services ---
  // What a Service holds of the machine: its address and ports (network/service/service_leases.h).
  common::Result<network::ServiceLease> TakeServiceLease(const network::ServiceRequest& request);
  common::Result<std::vector<std::string>> ServiceLeaseHolders();
  common::Result<> ReleaseServiceLease(const std::string& holder);
  // Puts in place what `read` says, again and again until nothing has changed meanwhile. `wait`: it is in place on return;
  // otherwise a command that is just at it may be left to do it.
  common::Result<> ReconcileServices(const std::function<common::Result<ServiceState>()>& read, bool wait);
  // The host's own, as pods and other hosts reach it; empty: unknown.
  std::string HostAddress();
  // False: there is none, and nothing of one is left to be taken away.
  common::Result<bool> HasServices();

  // --- repair ---
  // What an earlier command or a reboot left half done: pods without supervisor, leases without pod, stale runtime state.
  // Cheap when there is nothing to do; called by Open's callers that change something.
  common::Result<> Repair();
  // After a pod has ended: releases its network (skiff-supervisor's exit command calls this through the CLI).
  common::Result<> CleanUpEndedPod(const std::string& pod_id);

  image::Store& images();
  const common::SystemPaths& paths() const;
  const std::string& runtime_program() const;

 private:
  struct Impl;
  explicit Engine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace skiff::pod
