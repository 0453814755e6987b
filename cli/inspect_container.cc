#include <algorithm>
#include <limits>

#include "cli/container_view.h"
#include "cli/inspect_view.h"
#include "cli/notation/health.h"
#include "cli/notation/text.h"
#include "cli/pod_view.h"
#include "cli/render/units.h"
#include "common/file.h"
#include "pod/supervisor/health_record.h"
#include "runtime/capabilities.h"

namespace skiff::cli {

using common::JsonBuilder;
using common::JsonValue;

namespace {

// What the supervisor has noted of the health check; empty without one.
supervisor::HealthRecord ReadHealth(const pod::ContainerInfo& container, const common::SystemPaths& paths) {
  if (!container.spec.health) return {};
  const std::string file = supervisor::HealthFile(paths.PodRunDir(container.pod_id), container.id);
  const auto text = common::ReadFile(file);
  const auto record = text ? common::DecodeJson<supervisor::HealthRecord>(*text, file)
                           : common::Result<supervisor::HealthRecord>(text.error());
  if (record) return *record;
  return {.status = container.status.health.empty() ? "starting" : container.status.health};
}

JsonValue Health(const pod::ContainerInfo& container, const common::SystemPaths& paths, JsonBuilder& b) {
  const supervisor::HealthRecord record = ReadHealth(container, paths);
  JsonValue health = b.Object();
  b.Set(health, "Status", record.status);
  b.Set(health, "FailingStreak", record.failing_streak);
  JsonValue log = b.Array();
  for (const supervisor::HealthResult& result : record.log) {
    JsonValue entry = b.Object();
    b.Set(entry, "Start", result.start);
    b.Set(entry, "End", result.end);
    b.Set(entry, "ExitCode", result.exit_code);
    b.Set(entry, "Output", result.output);
    b.Push(log, std::move(entry));
  }
  b.Set(health, "Log", record.log.empty() ? JsonValue() : std::move(log));
  return health;
}

JsonValue State(const pod::ContainerInfo& container, const common::SystemPaths& paths, JsonBuilder& b) {
  const auto& status = container.status;
  const std::string engine_state = EngineState(status);
  JsonValue state = b.Object();
  b.Set(state, "OciVersion", "1.0.2");
  b.Set(state, "Status", engine_state);
  b.Set(state, "Running", status.state == "running");
  b.Set(state, "Paused", false);
  b.Set(state, "Restarting", engine_state == "restarting");
  b.Set(state, "OOMKilled", status.oom_killed);
  b.Set(state, "Dead", false);
  b.Set(state, "Pid", status.pid);
  b.Set(state, "ExitCode", LastExitCode(status));
  b.Set(state, "Error", status.message);
  b.Set(state, "Reason", status.reason);
  b.Set(state, "StartedAt", TimeOrZero(status.started_at));
  b.Set(state, "FinishedAt", TimeOrZero(status.finished_at));
  b.Set(state, "Health", Health(container, paths, b));
  b.Set(state, "CgroupPath", "/skiff/pod-" + container.pod_id + "/" + container.id);
  return state;
}

const pod::Volume* FindVolume(const pod::PodInfo& pod, const std::string& name) {
  for (const pod::Volume& volume : pod.spec.volumes)
    if (volume.name == name) return &volume;
  return nullptr;
}

std::string PropagationText(pod::Propagation propagation) {
  switch (propagation) {
    case pod::Propagation::kHostToContainer:
      return "rslave";
    case pod::Propagation::kBidirectional:
      return "rshared";
    case pod::Propagation::kNone:
      break;
  }
  return "rprivate";
}

JsonValue Mounts(const pod::ContainerInfo& container, const pod::PodInfo& pod,
                 const common::SystemPaths& paths, JsonBuilder& b) {
  JsonValue mounts = b.Array();
  for (const pod::VolumeMount& mount : container.spec.mounts) {
    const pod::Volume* volume = FindVolume(pod, mount.volume);
    JsonValue entry = b.Object();
    const bool named = volume != nullptr && volume->named.has_value();
    b.Set(entry, "Type", named ? "volume" : "bind");
    if (named) {
      b.Set(entry, "Name", volume->named->name);
      b.Set(entry, "Source", paths.VolumeDir(volume->named->name) + "/_data");
    } else if (volume != nullptr && volume->host_path) {
      b.Set(entry, "Source", volume->host_path->path);
    } else {
      b.Set(entry, "Name", mount.volume);  // of the pod: emptyDir, ConfigMap, Secret
      b.Set(entry, "Source", "");
    }
    b.Set(entry, "Destination", mount.path);
    b.Set(entry, "Driver", named ? "local" : "");
    b.Set(entry, "Mode", "");
    b.Set(entry, "Options", b.Strings(mount.options));
    b.Set(entry, "RW", !mount.read_only);
    b.Set(entry, "Propagation", PropagationText(mount.propagation));
    if (!mount.sub_path.empty()) b.Set(entry, "SubPath", mount.sub_path);
    b.Push(mounts, std::move(entry));
  }
  return mounts;
}

// The pod's addresses on one network, as docker and podman name them.
void SetAddresses(JsonValue& object, const pod::PodInfo& pod, const std::string& network, JsonBuilder& b) {
  network::Lease v4{.prefix_length = 0}, v6{.prefix_length = 0};
  for (auto lease = pod.leases.rbegin(); lease != pod.leases.rend(); ++lease) {
    if (lease->network == network) (lease->address.find(':') == std::string::npos ? v4 : v6) = *lease;
  }
  b.Set(object, "Gateway", v4.gateway);
  b.Set(object, "IPAddress", v4.address);
  b.Set(object, "IPPrefixLen", v4.prefix_length);
  b.Set(object, "IPv6Gateway", v6.gateway);
  b.Set(object, "GlobalIPv6Address", v6.address);
  b.Set(object, "GlobalIPv6PrefixLen", v6.prefix_length);
  b.Set(object, "MacAddress", v4.mac.empty() ? v6.mac : v4.mac);
}

JsonValue NetworkSettings(const pod::PodInfo& pod, JsonBuilder& b) {
  JsonValue settings = b.Object();
  b.Set(settings, "EndpointID", "");
  SetAddresses(settings, pod, pod.leases.empty() ? "" : pod.leases.front().network, b);
  b.Set(settings, "Bridge", "");
  b.Set(settings, "SandboxID", "");
  b.Set(settings, "HairpinMode", false);
  b.Set(settings, "Ports", PortBindings(PodPorts(pod), b));
  b.Set(settings, "SandboxKey",
        pod.status.infra_pid == 0 ? "" : fmt::format("/proc/{}/ns/net", pod.status.infra_pid));
  JsonValue networks = b.Object();
  for (const std::string& name : PodNetworks(pod)) {
    JsonValue entry = b.Object();
    SetAddresses(entry, pod, name, b);
    b.Set(entry, "NetworkID", name);
    for (const pod::NetworkAttachment& attachment : pod.spec.network.networks)
      if (attachment.name == name) b.Set(entry, "Aliases", b.Strings(attachment.aliases));
    b.Set(networks, name, std::move(entry));
  }
  b.Set(settings, "Networks", std::move(networks));
  return settings;
}

// What the container's own settings leave to the image.
struct Effective {
  std::string user;
  std::string working_dir = "/";
  std::string stop_signal = "SIGTERM";
  std::map<std::string, std::string> labels;
  std::vector<std::string> env;  // "K=V", the image's first
  std::vector<std::string> entrypoint;
  std::vector<std::string> cmd;
};

void SetVariable(std::vector<std::string>& env, const std::string& name, const std::string& value) {
  std::erase_if(env, [&](const std::string& entry) { return entry.starts_with(name + "="); });
  env.push_back(name + "=" + value);
}

Effective Merge(const pod::ContainerSpec& spec, const image::ImageConfig& image) {
  Effective merged;
  merged.user = !spec.security.user.empty() ? spec.security.user : image.user;
  if (spec.security.run_as_user) merged.user = std::to_string(*spec.security.run_as_user);
  if (spec.security.run_as_group) merged.user += ":" + std::to_string(*spec.security.run_as_group);
  for (const std::string* directory : {&spec.working_dir, &image.working_dir}) {
    if (directory->empty()) continue;
    merged.working_dir = *directory;
    break;
  }
  for (const std::string* signal : {&spec.stop_signal, &image.stop_signal}) {
    if (signal->empty()) continue;
    merged.stop_signal = *signal;
    break;
  }
  merged.labels = image.labels;
  for (const auto& [key, value] : spec.labels) merged.labels[key] = value;
  merged.env = image.env;
  for (const pod::EnvVar& variable : spec.env) SetVariable(merged.env, variable.name, variable.value);
  merged.entrypoint = spec.command.value_or(image.entrypoint);
  // A command of its own drops the image's arguments (kube-semantics.md 5.1).
  merged.cmd = spec.args.value_or(spec.command ? std::vector<std::string>{} : image.cmd);
  return merged;
}

std::vector<std::string> Capabilities(const pod::SecurityContext& security, bool from_kube) {
  if (security.privileged) return runtime::AllCapabilities();
  auto capabilities = runtime::ComputeCapabilities(runtime::DefaultCapabilities(from_kube), security.capabilities_add,
                                                   security.capabilities_drop);
  return capabilities ? std::move(*capabilities) : std::vector<std::string>{};
}

constexpr int64_t kNanosecondsPerMillisecond = 1'000'000;

// As podman has it: what has no limit is not written.
JsonValue CheckConfig(const supervisor::Probe& probe, int64_t start_period_ms, JsonBuilder& b) {
  const std::vector<std::string>& command = probe.handler.command;
  const bool by_shell = command.size() == 3 && command[0] == "/bin/sh" && command[1] == "-c";
  std::vector<std::string> test = {by_shell ? "CMD-SHELL" : "CMD"};
  test.insert(test.end(), command.begin() + (by_shell ? 2 : 0), command.end());
  JsonValue config = b.Object();
  b.Set(config, "Test", b.Strings(test));
  if (start_period_ms > 0) b.Set(config, "StartPeriod", start_period_ms * kNanosecondsPerMillisecond);
  if (probe.period_ms < kNeverChecked) b.Set(config, "Interval", probe.period_ms * kNanosecondsPerMillisecond);
  b.Set(config, "Timeout", probe.timeout_ms * kNanosecondsPerMillisecond);
  if (probe.failure_threshold < std::numeric_limits<int>::max()) b.Set(config, "Retries", probe.failure_threshold);
  return config;
}

JsonValue HealthCheckConfig(const supervisor::HealthCheck& check, JsonBuilder& b) {
  return CheckConfig(check.probe, check.start_period_ms, b);
}

JsonValue StartupCheckConfig(const supervisor::Probe& probe, JsonBuilder& b) {
  JsonValue config = CheckConfig(probe, 0, b);
  b.Set(config, "Successes", probe.success_threshold);
  return config;
}

JsonValue Config(const ContainerSource& source, JsonBuilder& b) {
  const pod::ContainerInfo& container = source.container;
  const pod::ContainerSpec& spec = container.spec;
  const Effective effective =
      Merge(spec, source.image == nullptr ? image::ImageConfig{} : source.image->config);
  JsonValue config = b.Object();
  b.Set(config, "Hostname",
        source.pod.spec.hostname.empty() ? ShortId(container.id) : source.pod.spec.hostname);
  b.Set(config, "Domainname", "");
  b.Set(config, "User", effective.user);
  b.Set(config, "AttachStdin", spec.stdin);
  b.Set(config, "AttachStdout", true);
  b.Set(config, "AttachStderr", true);
  b.Set(config, "Tty", spec.tty);
  b.Set(config, "OpenStdin", spec.stdin);
  b.Set(config, "StdinOnce", spec.stdin_once);
  b.Set(config, "Env", b.Strings(effective.env));
  b.Set(config, "Cmd", b.Strings(effective.cmd));
  b.Set(config, "Image", container.image_name);
  b.Set(config, "Volumes", JsonValue());
  b.Set(config, "WorkingDir", effective.working_dir);
  b.Set(config, "Entrypoint", Join(effective.entrypoint, " "));
  b.Set(config, "Labels", b.StringMap(effective.labels));
  b.Set(config, "Annotations", b.StringMap(spec.annotations));
  b.Set(config, "Healthcheck", spec.health ? HealthCheckConfig(*spec.health, b) : JsonValue());
  b.Set(config, "HealthcheckOnFailureAction",
        std::string(EnumName(spec.health ? spec.health->on_failure : supervisor::HealthCheck::OnFailure::kNone)));
  if (spec.health && spec.health->startup) b.Set(config, "StartupHealthCheck", StartupCheckConfig(*spec.health->startup, b));
  b.Set(config, "StopSignal", effective.stop_signal);
  b.Set(config, "StopTimeout", spec.stop_timeout_s.value_or(source.pod.spec.termination_grace_s));
  return config;
}

std::string RestartName(const pod::ContainerInfo& container, const pod::PodInfo& pod) {
  switch (container.spec.restart_policy.value_or(pod.spec.restart_policy)) {
    case pod::RestartPolicy::kAlways:
      return "always";
    case pod::RestartPolicy::kOnFailure:
      return "on-failure";
    case pod::RestartPolicy::kNever:
      break;
  }
  return "no";
}

void SetResources(JsonValue& host, const pod::Resources& resources, JsonBuilder& b) {
  const int64_t quota = resources.cpu_quota.value_or(0);
  const auto period = static_cast<int64_t>(resources.cpu_period.value_or(0));
  b.Set(host, "CpuShares", resources.cpu_shares.value_or(0));
  b.Set(host, "CpuPeriod", period);
  b.Set(host, "CpuQuota", quota);
  b.Set(host, "NanoCpus", quota > 0 && period > 0 ? quota * 1'000'000'000 / period : 0);
  b.Set(host, "CpusetCpus", resources.cpuset_cpus);
  b.Set(host, "Memory", resources.memory_limit.value_or(0));
  b.Set(host, "MemoryReservation", resources.memory_reservation.value_or(0));
  b.Set(host, "MemorySwap", resources.memory_swap.value_or(0));
  b.Set(host, "PidsLimit", resources.pids_limit.value_or(0));
}

std::string NetworkMode(const pod::NetworkSpec& network) {
  using Mode = pod::NetworkSpec::Mode;
  switch (network.mode) {
    case Mode::kHost:
      return "host";
    case Mode::kNone:
      return "none";
    case Mode::kContainer:
      return "container:" + network.target;
    case Mode::kPath:
      return "ns:" + network.target;
    case Mode::kBridge:
      break;
  }
  return "bridge";
}

JsonValue HostConfig(const pod::ContainerInfo& container, const pod::PodInfo& pod,
                     const common::SystemPaths& paths, JsonBuilder& b) {
  const pod::ContainerSpec& spec = container.spec;
  JsonValue host = b.Object();
  JsonValue binds = b.Array();
  for (const pod::VolumeMount& mount : spec.mounts) {
    const pod::Volume* volume = FindVolume(pod, mount.volume);
    const std::string source =
        volume != nullptr && volume->host_path ? volume->host_path->path : mount.volume;
    b.Push(binds, fmt::format("{}:{}:{},{}", source, mount.path, mount.read_only ? "ro" : "rw",
                              PropagationText(mount.propagation)));
  }
  b.Set(host, "Binds", std::move(binds));
  b.Set(host, "CgroupManager", "cgroupfs");
  JsonValue log = b.Object();
  b.Set(log, "Type", spec.log_driver.empty() ? "k8s-file" : spec.log_driver);
  b.Set(log, "Path", paths.PodStateDir(container.pod_id) + "/containers/" + container.id + "/logs");
  b.Set(host, "LogConfig", std::move(log));
  b.Set(host, "NetworkMode", NetworkMode(pod.spec.network));
  b.Set(host, "PortBindings", PortBindings(PodPorts(pod), b));
  JsonValue restart = b.Object();
  b.Set(restart, "Name", RestartName(container, pod));
  b.Set(restart, "MaximumRetryCount", spec.max_retries);
  b.Set(host, "RestartPolicy", std::move(restart));
  b.Set(host, "AutoRemove", spec.auto_remove);
  b.Set(host, "CapAdd", b.Strings(spec.security.capabilities_add));
  b.Set(host, "CapDrop", b.Strings(spec.security.capabilities_drop));
  b.Set(host, "Dns", b.Strings(pod.spec.dns.nameservers));
  b.Set(host, "DnsOptions", b.Strings(pod.spec.dns.options));
  b.Set(host, "DnsSearch", b.Strings(pod.spec.dns.searches));
  JsonValue hosts = b.Array();
  for (const pod::HostAlias& alias : pod.spec.host_aliases)
    for (const std::string& name : alias.hostnames) b.Push(hosts, name + ":" + alias.ip);
  b.Set(host, "ExtraHosts", std::move(hosts));
  b.Set(host, "IpcMode", pod.spec.host_ipc ? "host" : "shareable");
  b.Set(host, "OomScoreAdj", spec.oom_score_adj);
  b.Set(host, "PidMode", pod.spec.host_pid ? "host" : pod.spec.share_pid ? "pod" : "private");
  b.Set(host, "Privileged", spec.security.privileged);
  b.Set(host, "ReadonlyRootfs", spec.security.read_only_root);
  JsonValue options = b.Array();
  if (spec.security.no_new_privileges) b.Push(options, "no-new-privileges");
  if (spec.security.seccomp.type == pod::SeccompProfile::Type::kUnconfined)
    b.Push(options, "seccomp=unconfined");
  if (!spec.security.seccomp.path.empty()) b.Push(options, "seccomp=" + spec.security.seccomp.path);
  b.Set(host, "SecurityOpt", std::move(options));
  JsonValue tmpfs = b.Object();
  for (const pod::TmpfsMount& mount : spec.tmpfs) {
    b.Set(tmpfs, mount.path, Join(mount.options, ","));
  }
  b.Set(host, "Tmpfs", std::move(tmpfs));
  b.Set(host, "UTSMode", "private");
  b.Set(host, "ShmSize", pod.spec.shm_size);
  b.Set(host, "Runtime", "oci");
  b.Set(host, "Devices", b.Strings(spec.devices));
  b.Set(host, "Init", spec.init_process);
  SetResources(host, spec.resources, b);
  JsonValue ulimits = b.Array();
  for (const auto& [name, value] : spec.ulimits) b.Push(ulimits, name + "=" + value);
  b.Set(host, "Ulimits", std::move(ulimits));
  return host;
}

}  // namespace

JsonValue PortBindings(const std::vector<pod::PortMapping>& ports, JsonBuilder& b) {
  JsonValue bindings = b.Object();
  for (const pod::PortMapping& port : ports) {
    const std::string key = fmt::format("{}/{}", port.container_port, pod::EnumName(port.protocol));
    JsonValue entry = b.Object();
    b.Set(entry, "HostIp", port.host_ip);
    b.Set(entry, "HostPort", std::to_string(port.host_port));
    const auto existing = bindings.FindMember(key.c_str());
    if (existing != bindings.MemberEnd()) {
      b.Push(existing->value, std::move(entry));
    } else {
      JsonValue list = b.Array();
      b.Push(list, std::move(entry));
      b.Set(bindings, key, std::move(list));
    }
  }
  return bindings;
}

JsonValue ContainerInspectJson(const ContainerSource& source, JsonBuilder& b) {
  const pod::ContainerInfo& container = source.container;
  const pod::PodInfo& pod = source.pod;
  JsonValue object = b.Object();
  b.Set(object, "Id", container.id);
  b.Set(object, "Created", container.created);
  b.Set(object, "Path", container.command.empty() ? "" : container.command.front());
  const std::vector<std::string> args(container.command.begin() + (container.command.empty() ? 0 : 1),
                                      container.command.end());
  b.Set(object, "Args", b.Strings(args));
  b.Set(object, "State", State(container, source.paths, b));
  b.Set(object, "Image", container.image_id);
  b.Set(object, "ImageDigest", source.image == nullptr ? "" : source.image->digest);
  b.Set(object, "ImageName", container.image_name);
  b.Set(object, "Rootfs", "");
  b.Set(object, "Pod", pod.spec.implicit ? "" : pod.id);
  b.Set(object, "OCIRuntime", source.runtime.substr(source.runtime.rfind('/') + 1));
  b.Set(object, "Name", container.name);
  b.Set(object, "RestartCount", container.status.restart_count);
  b.Set(object, "Driver", "overlay");
  b.Set(object, "MountLabel", "");
  b.Set(object, "ProcessLabel", container.spec.security.selinux_label);
  b.Set(object, "AppArmorProfile", container.spec.security.apparmor_profile);
  const std::vector<std::string> capabilities = Capabilities(container.spec.security, pod.spec.from_kube);
  const std::string user =
      Merge(container.spec, source.image == nullptr ? image::ImageConfig{} : source.image->config).user;
  const bool root =
      user.empty() || user == "root" || user == "0" || user.starts_with("root:") || user.starts_with("0:");
  b.Set(object, "EffectiveCaps", root ? b.Strings(capabilities) : b.Array());
  b.Set(object, "BoundingCaps", b.Strings(capabilities));
  b.Set(object, "ExecIDs", b.Array());
  b.Set(object, "Mounts", Mounts(container, pod, source.paths, b));
  b.Set(object, "Dependencies", b.Array());
  b.Set(object, "NetworkSettings", NetworkSettings(pod, b));
  b.Set(object, "Namespace", "");
  b.Set(object, "IsInfra", false);
  b.Set(object, "IsInit", container.spec.init);
  b.Set(object, "Config", Config(source, b));
  b.Set(object, "HostConfig", HostConfig(container, pod, source.paths, b));
  return object;
}

}  // namespace skiff::cli
