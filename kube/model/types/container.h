// core/v1 Container and what belongs to it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "kube/model/quantity.h"
#include "kube/model/types/meta.h"

namespace skiff::kube {

using ResourceList = std::map<std::string, Quantity>;

struct ContainerPort {
  std::string name;
  int32_t host_port = 0;  // 0: not published
  int32_t container_port = 0;
  std::string protocol;  // TCP (default), UDP, SCTP
  std::string host_ip;
};

struct ObjectFieldSelector {
  std::string api_version;  // default v1
  std::string field_path;
};

struct ResourceFieldSelector {
  std::string container_name;
  std::string resource;  // limits.cpu, requests.memory, ...
  std::optional<Quantity> divisor;
};

// configMapKeyRef and secretKeyRef.
struct KeySelector {
  std::string name;
  std::string key;
  std::optional<bool> optional;
};

struct FileKeySelector {
  std::string volume_name;
  std::string path;
  std::string key;
  std::optional<bool> optional;
};

struct EnvVarSource {
  std::optional<ObjectFieldSelector> field_ref;
  std::optional<ResourceFieldSelector> resource_field_ref;
  std::optional<KeySelector> config_map_key_ref;
  std::optional<KeySelector> secret_key_ref;
  std::optional<FileKeySelector> file_key_ref;
};

struct EnvVar {
  std::string name;
  std::string value;
  std::optional<EnvVarSource> value_from;
};

// configMapRef and secretRef of envFrom.
struct EnvFromReference {
  std::string name;
  std::optional<bool> optional;
};

struct EnvFromSource {
  std::string prefix;
  std::optional<EnvFromReference> config_map_ref;
  std::optional<EnvFromReference> secret_ref;
};

struct ResourceRequirements {
  ResourceList limits;
  ResourceList requests;  // after loading: limits fill what is missing
  Value claims;
};

struct VolumeMount {
  std::string name;
  bool read_only = false;
  std::string recursive_read_only;  // Disabled, IfPossible, Enabled
  std::string mount_path;
  std::string sub_path;
  std::string mount_propagation;  // None, HostToContainer, Bidirectional
  std::string sub_path_expr;
};

struct VolumeDevice {
  std::string name;
  std::string device_path;
};

struct ExecAction {
  std::vector<std::string> command;
};

struct HttpHeader {
  std::string name;
  std::string value;
};

struct HttpGetAction {
  std::string path;  // default "/"
  IntOrString port;
  std::string host;
  std::string scheme;  // HTTP (default), HTTPS
  std::vector<HttpHeader> http_headers;
};

struct TcpSocketAction {
  IntOrString port;
  std::string host;
};

struct GrpcAction {
  int32_t port = 0;
  std::string service;
};

struct SleepAction {
  int64_t seconds = 0;
};

// Exactly one of the handlers is set.
struct Probe {
  std::optional<ExecAction> exec;
  std::optional<HttpGetAction> http_get;
  std::optional<TcpSocketAction> tcp_socket;
  std::optional<GrpcAction> grpc;
  int32_t initial_delay_seconds = 0;
  std::optional<int32_t> timeout_seconds;    // default 1
  std::optional<int32_t> period_seconds;     // default 10
  std::optional<int32_t> success_threshold;  // default 1
  std::optional<int32_t> failure_threshold;  // default 3
  std::optional<int64_t> termination_grace_period_seconds;
};

struct LifecycleHandler {
  std::optional<ExecAction> exec;
  std::optional<HttpGetAction> http_get;
  std::optional<TcpSocketAction> tcp_socket;
  std::optional<SleepAction> sleep;
};

struct Lifecycle {
  std::optional<LifecycleHandler> post_start;
  std::optional<LifecycleHandler> pre_stop;
  std::string stop_signal;
};

struct RestartRuleExitCodes {
  std::string match;  // "operator": In, NotIn
  std::vector<int32_t> values;
};

struct RestartRule {
  std::string action;  // Restart, RestartAllContainers
  std::optional<RestartRuleExitCodes> exit_codes;
};

struct Capabilities {
  std::vector<std::string> add;
  std::vector<std::string> drop;
};

struct SeLinuxOptions {
  std::string user;
  std::string role;
  std::string type;
  std::string level;
};

// seccompProfile and appArmorProfile.
struct SecurityProfile {
  std::string type;  // RuntimeDefault, Unconfined, Localhost
  std::string localhost_profile;
};

struct SecurityContext {
  std::optional<Capabilities> capabilities;
  std::optional<bool> privileged;
  std::optional<SeLinuxOptions> se_linux_options;
  Value windows_options;
  std::optional<int64_t> run_as_user;
  std::optional<int64_t> run_as_group;
  std::optional<bool> run_as_non_root;
  std::optional<bool> read_only_root_filesystem;
  std::optional<bool> allow_privilege_escalation;
  std::string proc_mount;  // Default, Unmasked
  std::optional<SecurityProfile> seccomp_profile;
  std::optional<SecurityProfile> app_armor_profile;
};

struct Container {
  std::string name;
  std::string image;
  std::vector<std::string> command;
  std::vector<std::string> args;
  std::string working_dir;
  std::vector<ContainerPort> ports;
  std::vector<EnvFromSource> env_from;
  std::vector<EnvVar> env;
  ResourceRequirements resources;
  Value resize_policy;
  std::string restart_policy;  // of this container alone: Always makes an init container a sidecar
  std::vector<RestartRule> restart_policy_rules;  // the first that matches the exit code wins over restart_policy
  std::vector<VolumeMount> volume_mounts;
  std::vector<VolumeDevice> volume_devices;
  std::optional<Probe> liveness_probe;
  std::optional<Probe> readiness_probe;
  std::optional<Probe> startup_probe;
  std::optional<Lifecycle> lifecycle;
  std::string termination_message_path;    // default /dev/termination-log
  std::string termination_message_policy;  // default File
  std::string image_pull_policy;           // defaulted from the image's tag
  std::optional<SecurityContext> security_context;
  bool stdin = false;
  bool stdin_once = false;
  bool tty = false;
};

}  // namespace skiff::kube
