// What a pod is, as plain data: written by the Kubernetes translation (kube/) and by `run` and `pod create` (cli/), kept as
// JSON in the state store, carried out by pod::Engine. Everything that Kubernetes resolves before a container exists is
// already resolved here (ConfigMap and Secret values, defaults, volume contents); what is known only at start is not
// (the image's configuration, the pod's address).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pod/supervisor/probe.h"
#include "pod/supervisor/restart_rule.h"

namespace skiff::pod {

enum class RestartPolicy { kAlways, kOnFailure, kNever };
enum class PullPolicy { kAlways, kIfNotPresent, kNever };
enum class Protocol { kTcp, kUdp, kSctp };
enum class Propagation { kNone, kHostToContainer, kBidirectional };  // rprivate, rslave, rshared

// An environment variable. `value` is literal unless `source` says that it is filled in when the container starts.
struct EnvVar {
  enum class Source { kLiteral, kPodIp, kPodIps, kHostIp, kHostIps };
  std::string name;
  std::string value;
  Source source = Source::kLiteral;
  bool expand = false;  // $(NAME) refers to variables earlier in the list (kube-semantics.md 5.2)
};

struct PortMapping {
  std::string name;       // Kubernetes port name, may be empty
  std::string host_ip;    // empty: every address of the host
  uint16_t host_port = 0;  // 0: not published
  uint16_t container_port = 0;
  Protocol protocol = Protocol::kTcp;

  bool operator==(const PortMapping&) const = default;
};

// Where a mount's data comes from. Exactly one of these per volume.
struct EmptyDirVolume {
  bool memory = false;
  uint64_t size_limit = 0;  // bytes, 0: none; enforced for memory, measured for disk
};
struct HostPathVolume {
  std::string path;  // absolute
  std::string type;  // Kubernetes' names (DirectoryOrCreate, ...), empty: no check and a missing directory is created
};
// Files that were resolved from ConfigMaps and Secrets; written in the ..data layout, always mounted read-only.
struct FilesVolume {
  struct File {
    std::string path;  // relative, may have folders
    std::string content;  // any bytes (JSON: base64, see spec_json.cc)
    uint32_t mode = 0644;
  };
  std::vector<File> files;
  bool memory = false;  // Secrets stay on tmpfs
};
// A named volume: a PersistentVolumeClaim, or `run -v NAME:/path`. Created when first used, outlives the pod.
struct NamedVolume {
  std::string name;
  bool read_only = false;
};

struct Volume {
  std::string name;  // unique in the pod
  std::optional<EmptyDirVolume> empty_dir;
  std::optional<HostPathVolume> host_path;
  std::optional<FilesVolume> files;
  std::optional<NamedVolume> named;
};

struct VolumeMount {
  std::string volume;  // Volume::name
  std::string path;    // in the container, absolute
  bool read_only = false;
  bool recursive_read_only = false;
  std::string sub_path;  // relative, no ".."
  Propagation propagation = Propagation::kNone;
  bool copy_image_content = false;  // an empty named volume is filled from the image's folder (Docker's rule)
  std::vector<std::string> options;  // further mount options from `-v` ("noexec", "nosuid", ...)
};

struct TmpfsMount {
  std::string path;
  std::vector<std::string> options;  // as for mount -t tmpfs -o
};

// The most processes of a container of `run`, unless it says otherwise (podman's default).
inline constexpr int64_t kDefaultPidsLimit = 2048;

// The cgroup values of one container or of the pod, already in kernel terms (kube-semantics.md 3.3).
struct Resources {
  std::optional<uint64_t> cpu_shares;     // 2..262144
  std::optional<int64_t> cpu_quota;       // microseconds per period
  std::optional<uint64_t> cpu_period;     // microseconds
  std::string cpuset_cpus;
  std::optional<int64_t> memory_limit;    // bytes
  std::optional<int64_t> memory_reservation;
  std::optional<int64_t> memory_swap;     // bytes, memory and swap together; -1: unlimited
  std::optional<int64_t> pids_limit;
  bool oom_kill_group = false;  // an OOM kill takes the whole container (cgroup v2)
};

struct SeccompProfile {
  enum class Type { kRuntimeDefault, kUnconfined, kLocalhost };
  Type type = Type::kRuntimeDefault;
  std::string path;  // kLocalhost: absolute path of a JSON profile
};

struct SecurityContext {
  std::optional<int64_t> run_as_user;
  std::optional<int64_t> run_as_group;
  std::string user;  // `run -u` in its own notation ("app", "1000:100", "app:app"); run_as_* win over it
  bool run_as_non_root = false;
  std::vector<int64_t> supplemental_groups;  // with fsGroup and the pod's groups already in it
  bool supplemental_groups_strict = false;   // do not add the groups of the image's /etc/group
  std::vector<std::string> capabilities_add;   // without "CAP_", upper case; "ALL" allowed
  std::vector<std::string> capabilities_drop;
  bool privileged = false;
  bool read_only_root = false;
  bool no_new_privileges = false;
  bool unmasked_proc = false;  // procMount: Unmasked
  SeccompProfile seccomp;
  std::string selinux_label;   // process label, empty: none
  std::string apparmor_profile;
};

struct ContainerSpec {
  std::string name;   // in the pod ("app"); `ps` shows PODNAME-NAME for pods of kube play, NAME otherwise
  std::string image;  // as the user wrote it
  PullPolicy pull_policy = PullPolicy::kIfNotPresent;
  // Replace the image's ENTRYPOINT and CMD (kube-semantics.md 5.1). Absent: not given. $(NAME) is expanded if expand_args.
  std::optional<std::vector<std::string>> command;
  std::optional<std::vector<std::string>> args;
  bool expand_args = false;
  std::vector<EnvVar> env;  // without the image's; later entries win
  std::string working_dir;  // empty: the image's, else "/"
  std::vector<PortMapping> ports;
  std::vector<VolumeMount> mounts;
  std::vector<TmpfsMount> tmpfs;
  std::vector<std::string> devices;  // HOST[:CONTAINER[:rwm]]
  std::map<std::string, std::string> ulimits;  // "nofile" -> "1024:2048"
  Resources resources;
  SecurityContext security;
  int oom_score_adj = 0;
  bool tty = false;
  bool stdin = false;       // keep standard input open
  bool stdin_once = false;
  bool init = false;        // a Kubernetes init container
  bool sidecar = false;     // one with restartPolicy Always: goes on running beside the others
  bool init_process = false;  // `run --init`: catatonit as process 1
  bool auto_remove = false;  // `run --rm`
  std::optional<RestartPolicy> restart_policy;  // absent: the pod's
  int max_retries = 0;                          // on-failure:N, 0: no limit
  std::vector<supervisor::RestartRule> restart_rules;  // the first that matches wins over the policy
  std::string stop_signal;                      // empty: the image's, else SIGTERM
  std::optional<int64_t> stop_timeout_s;        // absent: the pod's grace period
  std::string termination_message_path;  // empty: none
  bool termination_message_from_log = false;  // FallbackToLogsOnError
  std::optional<supervisor::Probe> startup_probe;
  std::optional<supervisor::Probe> liveness_probe;
  std::optional<supervisor::Probe> readiness_probe;
  std::optional<supervisor::Handler> post_start;
  std::optional<supervisor::Handler> pre_stop;
  std::optional<supervisor::HealthCheck> health;  // `run --health-*`; the image's HEALTHCHECK is put here at creation
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> annotations;
  std::string log_driver;  // empty or "k8s-file": CRI format; "none"
};

// In place of an address: that of the host as the pod sees it (`--add-host NAME:host-gateway`).
inline constexpr char kHostGateway[] = "host-gateway";

struct HostAlias {
  std::string ip;
  std::vector<std::string> hostnames;
};

struct DnsConfig {
  enum class Policy { kClusterFirst, kClusterFirstWithHostNet, kDefault, kNone };
  Policy policy = Policy::kDefault;
  std::vector<std::string> nameservers;
  std::vector<std::string> searches;
  std::vector<std::string> options;  // "ndots:5"
};

// A network that a pod is on.
struct NetworkAttachment {
  std::string name;  // empty: the default network
  std::vector<std::string> static_ips;
  std::string static_mac;
  std::string interface;             // in the pod; empty: eth0, eth1, ...
  std::vector<std::string> aliases;  // further names of the pod there, for DNS
};

// How the pod's network namespace is connected.
struct NetworkSpec {
  enum class Mode { kBridge, kHost, kNone, kContainer, kPath };
  Mode mode = Mode::kBridge;
  std::vector<NetworkAttachment> networks;  // kBridge; empty: the default network, unless it has left all
  bool left_all = false;                    // disconnected from the last one
  std::string target;                       // kContainer: container or pod id; kPath: a namespace file

  // For options that concern the only network: that one, added if there is none.
  NetworkAttachment& First() { return networks.empty() ? networks.emplace_back() : networks.front(); }
};

struct PodSpec {
  std::string name;
  std::string kube_namespace = "default";
  std::string uid;  // UUID, given by the creator
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> annotations;
  std::string hostname;  // as the container shall see it
  std::string hostname_label;  // Kubernetes' spec.hostname: the name below `subdomain`, when there is one
  std::string subdomain;       // names a headless Service
  std::vector<std::string> readiness_gates;  // conditions without which the pod is not ready; nothing here sets one
  bool service_links = false;  // containers get the variables of the namespace's Services
  std::vector<ContainerSpec> init_containers;
  std::vector<ContainerSpec> containers;
  std::vector<Volume> volumes;
  RestartPolicy restart_policy = RestartPolicy::kAlways;
  int64_t termination_grace_s = 30;
  std::optional<int64_t> active_deadline_s;
  NetworkSpec network;
  bool host_pid = false;
  bool host_ipc = false;
  bool share_pid = false;
  uint64_t shm_size = 64u << 20;  // bytes
  DnsConfig dns;
  std::vector<HostAlias> host_aliases;
  bool manage_hosts = true;  // false: --no-hosts
  bool manage_resolv_conf = true;  // false: --dns none, the image's stays
  std::map<std::string, std::string> sysctls;
  std::optional<int64_t> fs_group;
  bool fs_group_on_root_mismatch = false;
  Resources resources;  // of the pod's own cgroup
  std::vector<PortMapping> ports;  // `pod create -p`; a container's own are in ContainerSpec::ports
  // Made by kube play: "Deployment/default/web" or empty; the applied object's hash tells an unchanged pod.
  std::string owner;
  std::string revision;
  bool from_kube = false;   // made from YAML
  bool implicit = false;    // made by `run` for one container: not shown by `pod ps`, goes with it
  bool exit_when_containers_exit = false;  // podman's exit policy "stop": infra ends with the last container
};

std::string_view EnumName(RestartPolicy value);
std::string_view EnumName(PullPolicy value);
std::string_view EnumName(Protocol value);  // "tcp", "udp", "sctp"
std::string_view EnumName(Propagation value);
std::string_view EnumName(EnvVar::Source value);
std::string_view EnumName(SeccompProfile::Type value);
std::string_view EnumName(DnsConfig::Policy value);
std::string_view EnumName(NetworkSpec::Mode value);
std::optional<RestartPolicy> EnumFromName(RestartPolicy*, std::string_view name);
std::optional<PullPolicy> EnumFromName(PullPolicy*, std::string_view name);
std::optional<Protocol> EnumFromName(Protocol*, std::string_view name);
std::optional<Propagation> EnumFromName(Propagation*, std::string_view name);
std::optional<EnvVar::Source> EnumFromName(EnvVar::Source*, std::string_view name);
std::optional<SeccompProfile::Type> EnumFromName(SeccompProfile::Type*, std::string_view name);
std::optional<DnsConfig::Policy> EnumFromName(DnsConfig::Policy*, std::string_view name);
std::optional<NetworkSpec::Mode> EnumFromName(NetworkSpec::Mode*, std::string_view name);

}  // namespace skiff::pod
