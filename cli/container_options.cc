#include "cli/container_options.h"

#include <unistd.h>

#include <algorithm>

#include "cli/notation/mounts.h"
#include "cli/notation/policies.h"
#include "cli/notation/ports.h"
#include "cli/notation/sizes.h"
#include "cli/notation/text.h"
#include "common/file.h"
#include "common/ids.h"
#include "common/json.h"

namespace skiff::cli {

using common::ErrorCode;
using common::MakeError;
using common::Result;

namespace {

constexpr int64_t kDefaultStopTimeout = 10;  // seconds, as docker and podman
constexpr uint64_t kCpuPeriod = 100'000;     // microseconds

Result<> BuildEnvironment(const ContainerFlags& flags, const std::string& directory,
                          pod::ContainerSpec& container) {
  const auto add = [&](std::pair<std::string, std::string> pair) {
    container.env.push_back({std::move(pair.first), std::move(pair.second)});
  };
  if (flags.env_host)
    for (auto& pair : ParseEnvFlag("*")) add(std::move(pair));
  for (const std::string& file : flags.env_file) {
    const std::string path = common::JoinPath(directory, file);
    ASSIGN_OR_RETURN(const std::string text, common::ReadFile(path), "--env-file");
    ASSIGN_OR_RETURN(auto pairs, ParseEnvFile(text, file));
    for (auto& pair : pairs) add(std::move(pair));
  }
  for (const std::string& flag : flags.env) {
    if (flag.starts_with('=')) return MakeError(ErrorCode::kInvalid, "--env {}: the variable has no name", flag);
    for (auto& pair : ParseEnvFlag(flag)) add(std::move(pair));
  }
  if (flags.tty) {
    bool has_term = false;
    for (const pod::EnvVar& variable : container.env) has_term |= variable.name == "TERM";
    if (!has_term) add({"TERM", "xterm"});
  }
  return {};
}

// A program or a JSON list; "" for neither the image's ENTRYPOINT nor its CMD.
Result<std::vector<std::string>> ParseEntrypoint(const std::string& text) {
  if (!text.starts_with('[')) return std::vector<std::string>{text};
  ASSIGN_OR_RETURN(const common::JsonDocument list, common::ParseJson(text, "--entrypoint"));
  std::vector<std::string> words;
  for (const auto& item : list.GetArray()) {
    if (!item.IsString())
      return MakeError(ErrorCode::kInvalid, "--entrypoint: {} is not a list of strings", text);
    words.emplace_back(item.GetString(), item.GetStringLength());
  }
  return words;
}

Result<> BuildCommand(const ContainerFlags& flags, pod::ContainerSpec& container) {
  container.image = flags.operands.front();
  const std::vector<std::string> args(flags.operands.begin() + 1, flags.operands.end());
  if (flags.entrypoint && (flags.entrypoint->empty() || *flags.entrypoint == "[]")) {
    if (args.empty())
      return MakeError(ErrorCode::kInvalid,
                       "an empty --entrypoint leaves nothing to run: give a command after the image");
    container.command = args;
    return {};
  }
  if (flags.entrypoint) {
    ASSIGN_OR_RETURN(container.command, ParseEntrypoint(*flags.entrypoint));
  }
  if (!args.empty()) container.args = args;
  return {};
}

Result<> BuildResources(const ContainerFlags& flags, pod::Resources& resources) {
  // 0 is no limit, as with podman and Docker; so it is for CPUs.
  ASSIGN_OR_RETURN(const int64_t memory, ParseBytes(flags.memory.empty() ? "0" : flags.memory), "--memory");
  if (memory > 0) {
    resources.memory_limit = memory;
    resources.memory_swap = 2 * memory;
  }
  if (!flags.memory_reservation.empty()) {
    ASSIGN_OR_RETURN(resources.memory_reservation, ParseBytes(flags.memory_reservation),
                     "--memory-reservation");
  }
  if (flags.memory_swap == "-1") {
    resources.memory_swap = -1;
  } else if (!flags.memory_swap.empty()) {
    ASSIGN_OR_RETURN(resources.memory_swap, ParseBytes(flags.memory_swap), "--memory-swap");
    if (!resources.memory_limit || *resources.memory_swap < *resources.memory_limit)
      return MakeError(ErrorCode::kInvalid,
                       "--memory-swap is memory and swap together: it needs --memory and must not be less");
  }
  if (!flags.cpus.empty() && (flags.cpu_quota || flags.cpu_period))
    return MakeError(ErrorCode::kInvalid,
                     "--cpus says the same as --cpu-quota and --cpu-period: give one of them");
  if (!flags.cpus.empty()) {
    ASSIGN_OR_RETURN(const int64_t quota, ParseCpusToQuota(flags.cpus), "--cpus");
    if (quota > 0) {
      resources.cpu_quota = quota;
      resources.cpu_period = kCpuPeriod;
    }
  }
  if (flags.cpu_quota) resources.cpu_quota = flags.cpu_quota;
  if (flags.cpu_period) resources.cpu_period = static_cast<uint64_t>(*flags.cpu_period);
  if (flags.cpu_shares && *flags.cpu_shares != 0) {
    if (*flags.cpu_shares < 2 || *flags.cpu_shares > 262'144)
      return MakeError(ErrorCode::kInvalid, "--cpu-shares goes from 2 to 262144");
    resources.cpu_shares = static_cast<uint64_t>(*flags.cpu_shares);
  }
  resources.cpuset_cpus = flags.cpuset_cpus;
  const int64_t pids = flags.pids_limit.value_or(pod::kDefaultPidsLimit);
  resources.pids_limit = pids == 0 ? -1 : pids;
  return {};
}

Result<> BuildSecurity(const ContainerFlags& flags, const std::string& directory,
                       pod::SecurityContext& security) {
  security.user = flags.user;
  security.privileged = flags.privileged;
  security.read_only_root = flags.read_only;
  const auto capability = [](std::string name) {
    for (char& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return name.starts_with("CAP_") ? name.substr(4) : name;
  };
  for (const std::string& name : flags.cap_add) security.capabilities_add.push_back(capability(name));
  for (const std::string& name : flags.cap_drop) security.capabilities_drop.push_back(capability(name));
  for (const std::string& option : flags.security_opt) TRY(ApplySecurityOption(option, directory, security));
  for (const std::string& group : flags.group_add) {
    ASSIGN_OR_RETURN(const int64_t gid, ParseInteger(group, 0, UINT32_MAX - 1), "--group-add");
    security.supplemental_groups.push_back(gid);
  }
  return {};
}

// Mounts into the container, the volumes that they need beside them.
Result<> BuildMounts(const ContainerFlags& flags, const std::string& directory, ContainerRequest& request) {
  const auto add = [&](ParsedMount parsed) -> Result<> {
    for (const pod::VolumeMount& other : request.container.mounts)
      if (other.path == parsed.mount.path)
        return MakeError(ErrorCode::kInvalid, "{}: two mounts at the same place", other.path);
    if (parsed.is_tmpfs) {
      request.container.tmpfs.push_back(std::move(parsed.tmpfs));
      return {};
    }
    parsed.volume.name = parsed.volume.named ? parsed.volume.named->name
                                             : "host-" + common::SafeHash(parsed.volume.host_path->path);
    parsed.mount.volume = parsed.volume.name;
    bool known = false;
    for (const pod::Volume& volume : request.volumes) known |= volume.name == parsed.volume.name;
    if (!known) request.volumes.push_back(std::move(parsed.volume));
    request.container.mounts.push_back(std::move(parsed.mount));
    return {};
  };
  for (const std::string& text : flags.volume) {
    ASSIGN_OR_RETURN(ParsedMount parsed, ParseVolumeFlag(text, directory), "--volume");
    TRY(add(std::move(parsed)));
  }
  for (const std::string& text : flags.mount) {
    ASSIGN_OR_RETURN(ParsedMount parsed, ParseMountFlag(text, directory), "--mount");
    TRY(add(std::move(parsed)));
  }
  for (const std::string& text : flags.tmpfs) {
    ASSIGN_OR_RETURN(pod::TmpfsMount tmpfs, ParseTmpfsFlag(text), "--tmpfs");
    request.container.tmpfs.push_back(std::move(tmpfs));
  }
  if (!flags.read_only || !flags.read_only_tmpfs.value_or(true)) return {};
  for (const char* path : {"/run", "/tmp", "/var/tmp"}) {
    bool taken = false;
    for (const pod::TmpfsMount& tmpfs : request.container.tmpfs) taken |= tmpfs.path == path;
    for (const pod::VolumeMount& mount : request.container.mounts) taken |= mount.path == path;
    if (!taken) request.container.tmpfs.push_back({path, {"rw", "nosuid", "nodev", "mode=1777"}});
  }
  return {};
}

Result<> BuildContainerSpec(const ContainerFlags& flags, const std::string& directory,
                            pod::ContainerSpec& container) {
  container.name = flags.name;
  container.working_dir = flags.workdir;
  container.tty = flags.tty;
  container.stdin = flags.interactive;
  // The end of our input is the end of its input. On a terminal that is ctrl-d, and detaching must not end
  // the shell.
  container.stdin_once = flags.interactive && !flags.detach && !flags.tty;
  container.init_process = flags.init;
  container.auto_remove = flags.rm;
  container.log_driver = flags.log_driver == "none" ? "none" : "";
  container.devices = flags.device;
  container.oom_score_adj = static_cast<int>(flags.oom_score_adj.value_or(0));
  container.annotations = PairsToMap(flags.annotation);
  for (const std::string& file : flags.label_file) {
    ASSIGN_OR_RETURN(const std::string text, common::ReadFile(common::JoinPath(directory, file)),
                     "--label-file");
    ASSIGN_OR_RETURN(const auto pairs, ParseEnvFile(text, file));
    for (const auto& [key, value] : pairs) container.labels[key] = value;
  }
  for (const auto& [key, value] : PairsToMap(flags.label)) container.labels[key] = value;
  for (const std::string& text : flags.ulimit) {
    ASSIGN_OR_RETURN(auto limit, ParseUlimit(text));
    container.ulimits[limit.first] = limit.second;
  }
  if (!flags.stop_signal.empty()) {
    ASSIGN_OR_RETURN(const int signal, ParseSignal(flags.stop_signal), "--stop-signal");
    container.stop_signal = SignalName(signal);
  }
  container.stop_timeout_s = flags.stop_timeout.value_or(kDefaultStopTimeout);
  ASSIGN_OR_RETURN(container.pull_policy, ParsePull(flags.pull), "--pull");
  ASSIGN_OR_RETURN(const RestartFlag restart, ParseRestart(flags.restart));
  container.restart_policy = restart.policy;
  container.max_retries = restart.max_retries;
  if (flags.rm && restart.policy != pod::RestartPolicy::kNever)
    return MakeError(
        ErrorCode::kInvalid,
        "--rm and --restart exclude each other: a container cannot be both removed and restarted");
  TRY(BuildCommand(flags, container));
  TRY(BuildEnvironment(flags, directory, container));
  TRY(BuildResources(flags, container.resources));
  return BuildSecurity(flags, directory, container.security);
}

Result<> BuildNamespaces(const ContainerFlags& flags, pod::PodSpec& pod) {
  const auto mode = [](const std::string& flag, const std::string& value,
                       std::initializer_list<const char*> known) -> Result<> {
    for (const char* word : known)
      if (value == word) return {};
    if (value.empty()) return {};
    return MakeError(ErrorCode::kUnsupported, "{} {}: not supported", flag, value);
  };
  TRY(mode("--pid", flags.pid, {"private", "host"}));
  TRY(mode("--ipc", flags.ipc, {"private", "shareable", "host"}));
  TRY(mode("--uts", flags.uts, {"private"}));
  TRY(mode("--userns", flags.userns, {"host"}));
  TRY(mode("--cgroupns", flags.cgroupns, {"private"}));
  pod.host_pid = flags.pid == "host";
  pod.host_ipc = flags.ipc == "host";
  return ApplyNetworkFlags(flags.network, pod.network);
}

Result<> BuildPod(const ContainerFlags& flags, pod::PodSpec& pod) {
  pod.name = flags.name;
  pod.uid = common::NewUuid();
  pod.implicit = true;
  pod.exit_when_containers_exit = true;
  pod.restart_policy = pod::RestartPolicy::kNever;
  pod.termination_grace_s = flags.stop_timeout.value_or(kDefaultStopTimeout);
  pod.hostname = flags.hostname;
  pod.sysctls = PairsToMap(flags.sysctl);
  TRY(BuildNamespaces(flags, pod));
  TRY(ApplyNameFlags(flags.names, pod));
  if (flags.shm_size.empty()) return {};
  ASSIGN_OR_RETURN(const int64_t size, ParseBytes(flags.shm_size), "--shm-size");
  pod.shm_size = static_cast<uint64_t>(size);
  return {};
}

// What belongs to the pod's shared namespaces cannot be said for one of its containers.
Result<> CheckJoining(const ContainerFlags& flags) {
  const auto refuse = [](bool given, std::string_view flag) -> Result<> {
    if (!given) return {};
    return MakeError(ErrorCode::kInvalid, "{} belongs to the pod: give it to 'skiff pod create'", flag);
  };
  TRY(refuse(!flags.publish.empty() || flags.publish_all, "--publish"));
  TRY(refuse(flags.network.given(), flags.network.First()));
  TRY(refuse(!flags.hostname.empty(), "--hostname"));
  TRY(refuse(!flags.names.FirstHosts().empty(), flags.names.FirstHosts()));
  TRY(refuse(!flags.names.FirstDns().empty(), flags.names.FirstDns()));
  TRY(refuse(!flags.sysctl.empty(), "--sysctl"));
  return refuse(!flags.shm_size.empty(), "--shm-size");
}

}  // namespace

Result<std::vector<pod::PortMapping>> BuildPorts(const std::vector<std::string>& publish) {
  std::vector<pod::PortMapping> ports;
  for (const std::string& text : publish) {
    ASSIGN_OR_RETURN(const auto parsed, ParsePorts(text, FindFreePorts), "--publish");
    // Said twice is no harm, as with podman.
    for (const pod::PortMapping& port : parsed)
      if (std::ranges::find(ports, port) == ports.end()) ports.push_back(port);
  }
  return ports;
}

Result<ContainerRequest> BuildContainer(const ContainerFlags& flags, const std::string& current_directory) {
  ContainerRequest request;
  TRY(BuildContainerSpec(flags, current_directory, request.container));
  TRY(BuildMounts(flags, current_directory, request));
  const bool joins = !flags.pod.empty() && !flags.pod.starts_with("new:");
  if (joins) {
    TRY(CheckJoining(flags));
    return request;
  }
  TRY(BuildPod(flags, request.pod));
  ASSIGN_OR_RETURN(request.container.ports, BuildPorts(flags.publish));
  if (request.pod.network.mode != pod::NetworkSpec::Mode::kBridge && (!flags.publish.empty() || flags.publish_all)) {
    request.container.ports.clear();
    request.warnings.push_back(fmt::format("port mappings have been discarded: --network {} leaves nothing to publish",
                                           flags.network.networks.front()));
  }
  request.pod.volumes = request.volumes;
  return request;
}

}  // namespace skiff::cli
