#include "kube/generate/container_from_spec.h"

#include <algorithm>
#include <charconv>

#include "kube/generate/lifecycle_from_spec.h"
#include "kube/generate/pod_from_spec.h"

namespace skiff::kube {
namespace {

std::optional<int64_t> ParseId(std::string_view text) {
  int64_t id = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (text.empty() || failure != std::errc() || end != text.data() + text.size() || id < 0) return std::nullopt;
  return id;
}

std::vector<std::string> Words(const std::optional<std::vector<std::string>>& words, bool expanded) {
  std::vector<std::string> out = words.value_or(std::vector<std::string>());
  if (expanded) return out;
  for (std::string& word : out) word = EscapeExpansion(word);
  return out;
}

std::string_view FieldOf(pod::EnvVar::Source source) {
  switch (source) {
    case pod::EnvVar::Source::kPodIp: return "status.podIP";
    case pod::EnvVar::Source::kPodIps: return "status.podIPs";
    case pod::EnvVar::Source::kHostIp: return "status.hostIP";
    case pod::EnvVar::Source::kHostIps: return "status.hostIPs";
    case pod::EnvVar::Source::kLiteral: break;
  }
  return "";
}

void AddEnv(const pod::ContainerSpec& spec, const std::optional<image::ImageConfig>& image, Container& out) {
  for (const pod::EnvVar& variable : spec.env) {
    EnvVar env{.name = variable.name};
    if (variable.source != pod::EnvVar::Source::kLiteral) {
      env.value_from.emplace().field_ref = {.field_path = std::string(FieldOf(variable.source))};
    } else {
      const std::string entry = variable.name + "=" + variable.value;
      if (image && std::find(image->env.begin(), image->env.end(), entry) != image->env.end()) continue;
      env.value = variable.expand ? variable.value : EscapeExpansion(variable.value);
    }
    out.env.push_back(std::move(env));
  }
}

std::string PropagationName(pod::Propagation propagation) {
  switch (propagation) {
    case pod::Propagation::kHostToContainer: return "HostToContainer";
    case pod::Propagation::kBidirectional: return "Bidirectional";
    case pod::Propagation::kNone: break;
  }
  return "";
}

void AddMounts(const pod::ContainerSpec& spec, const std::map<std::string, std::string>& volume_names,
               ContainerFromSpecResult& out) {
  for (const pod::VolumeMount& mount : spec.mounts) {
    const auto named = volume_names.find(mount.volume);
    VolumeMount made{.name = named == volume_names.end() ? ToLabel(mount.volume) : named->second};
    made.read_only = mount.read_only;
    if (mount.recursive_read_only) made.recursive_read_only = "Enabled";
    made.mount_path = mount.path;
    made.sub_path = mount.sub_path;
    made.mount_propagation = PropagationName(mount.propagation);
    out.container.volume_mounts.push_back(std::move(made));
    if (!mount.options.empty())
      out.warnings.push_back(fmt::format("mount options of {} ({}) cannot be written", mount.path, fmt::join(mount.options, ",")));
  }
  for (size_t i = 0; i < spec.tmpfs.size(); ++i) {
    Volume volume{.name = ToLabel(fmt::format("{}-tmpfs-{}", spec.name, i))};
    volume.empty_dir.emplace().medium = "Memory";
    for (const std::string& option : spec.tmpfs[i].options) {
      // The kernel's letters are Kubernetes' binary suffixes ("64m" is "64Mi").
      if (!option.starts_with("size=")) continue;
      std::string size = option.substr(5);
      if (!size.empty() && std::isalpha(static_cast<unsigned char>(size.back())))
        size = size.substr(0, size.size() - 1) + static_cast<char>(std::toupper(static_cast<unsigned char>(size.back()))) + "i";
      if (const auto quantity = Quantity::Parse(size)) volume.empty_dir->size_limit = *quantity;
    }
    out.container.volume_mounts.push_back({.name = volume.name, .mount_path = spec.tmpfs[i].path});
    out.volumes.push_back(std::move(volume));
  }
}

void AddResources(const pod::Resources& in, Container& out) {
  constexpr int64_t kDefaultPeriod = 100000;
  std::optional<int64_t> cpu_limit;  // milli
  if (in.cpu_quota && *in.cpu_quota > 0)
    cpu_limit = *in.cpu_quota * 1000 / static_cast<int64_t>(in.cpu_period.value_or(kDefaultPeriod));
  if (cpu_limit) out.resources.limits["cpu"] = Quantity::FromMilli(*cpu_limit);
  if (in.cpu_shares) {
    const int64_t request = static_cast<int64_t>((*in.cpu_shares * 1000 + 1023) / 1024);
    out.resources.requests["cpu"] = Quantity::FromMilli(cpu_limit ? std::min(request, *cpu_limit) : request);
  }
  if (in.memory_limit && *in.memory_limit > 0) out.resources.limits["memory"] = Quantity::FromBytes(*in.memory_limit);
  if (in.memory_reservation && *in.memory_reservation > 0)
    out.resources.requests["memory"] = Quantity::FromBytes(*in.memory_reservation);
}

void AddUser(const pod::SecurityContext& in, SecurityContext& out, std::vector<std::string>& warnings) {
  out.run_as_user = in.run_as_user;
  out.run_as_group = in.run_as_group;
  if (in.user.empty() || in.run_as_user) return;
  const size_t colon = in.user.find(':');
  out.run_as_user = ParseId(std::string_view(in.user).substr(0, colon));
  if (colon != std::string::npos) out.run_as_group = ParseId(std::string_view(in.user).substr(colon + 1));
  if (!out.run_as_user || (colon != std::string::npos && !out.run_as_group))
    warnings.push_back(fmt::format("user \"{}\": Kubernetes takes numbers only; set runAsUser and runAsGroup by hand", in.user));
}

SecurityProfile Seccomp(const pod::SeccompProfile& in) {
  constexpr std::string_view kSeccompRoot = "/var/lib/kubelet/seccomp/";
  if (in.type == pod::SeccompProfile::Type::kUnconfined) return {.type = "Unconfined"};
  return {.type = "Localhost",
          .localhost_profile = in.path.starts_with(kSeccompRoot) ? in.path.substr(kSeccompRoot.size()) : in.path};
}

// What a container from YAML has by default and one of `run` has not (runtime/capabilities.h).
constexpr const char* kKubernetesOnly[] = {"MKNOD", "NET_RAW", "AUDIT_WRITE"};

void AddCapabilities(const pod::SecurityContext& in, SecurityContext& out) {
  const auto has = [](const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  Capabilities capabilities{.add = in.capabilities_add, .drop = in.capabilities_drop};
  const bool all = in.privileged || has(in.capabilities_add, "ALL") || has(in.capabilities_drop, "ALL");
  for (const std::string name : kKubernetesOnly) {
    if (!all && !has(in.capabilities_add, name) && !has(in.capabilities_drop, name)) capabilities.drop.push_back(name);
  }
  if (!capabilities.add.empty() || !capabilities.drop.empty()) out.capabilities = std::move(capabilities);
}

void AddSecurity(const pod::SecurityContext& in, ContainerFromSpecResult& result) {
  SecurityContext out;
  AddUser(in, out, result.warnings);
  bool given = out.run_as_user || out.run_as_group;
  const auto flag = [&given](bool value, std::optional<bool>& field, bool written) {
    if (value) field = written;
    given = given || value;
  };
  flag(in.run_as_non_root, out.run_as_non_root, true);
  flag(in.privileged, out.privileged, true);
  flag(in.read_only_root, out.read_only_root_filesystem, true);
  flag(in.no_new_privileges, out.allow_privilege_escalation, false);
  AddCapabilities(in, out);
  if (in.unmasked_proc) out.proc_mount = "Unmasked";
  if (in.seccomp.type != pod::SeccompProfile::Type::kRuntimeDefault) out.seccomp_profile = Seccomp(in.seccomp);
  if (in.apparmor_profile == "unconfined") out.app_armor_profile = {.type = "Unconfined"};
  else if (!in.apparmor_profile.empty())
    out.app_armor_profile = {.type = "Localhost", .localhost_profile = in.apparmor_profile};
  if (given || out.capabilities || !out.proc_mount.empty() || out.seccomp_profile || out.app_armor_profile)
    result.container.security_context = std::move(out);
}

void WarnOfTheRest(const pod::ContainerSpec& spec, std::vector<std::string>& warnings) {
  const auto warn = [&](bool present, std::string_view what) {
    if (present) warnings.push_back(fmt::format("container \"{}\": {} cannot be written", spec.name, what));
  };
  warn(!spec.devices.empty(), "--device");
  warn(!spec.ulimits.empty(), "--ulimit");
  warn(spec.init_process, "--init");
  warn(spec.max_retries > 0, "the number of retries of --restart on-failure");
  warn(!spec.resources.cpuset_cpus.empty(), "--cpuset-cpus");
  warn(spec.resources.pids_limit.value_or(pod::kDefaultPidsLimit) != pod::kDefaultPidsLimit, "--pids-limit");
  warn(!spec.security.selinux_label.empty(), "the SELinux label");
}

}  // namespace

void AddPorts(const std::vector<pod::PortMapping>& ports, Container& container) {
  for (const pod::PortMapping& port : ports) {
    ContainerPort out{.name = port.name};
    out.host_port = port.host_port;
    out.container_port = port.container_port;
    if (port.protocol != pod::Protocol::kTcp) out.protocol = port.protocol == pod::Protocol::kUdp ? "UDP" : "SCTP";
    out.host_ip = port.host_ip;
    container.ports.push_back(std::move(out));
  }
}

ContainerFromSpecResult ContainerFromSpec(const pod::ContainerInfo& info,
                                          const std::map<std::string, std::string>& volume_names,
                                          const std::optional<image::ImageConfig>& image) {
  const pod::ContainerSpec& spec = info.spec;
  ContainerFromSpecResult result;
  Container& out = result.container;
  out.name = ToLabel(spec.name.empty() ? info.name : spec.name);
  out.image = info.image_name.empty() ? spec.image : info.image_name;
  out.command = Words(spec.command, spec.expand_args);
  out.args = Words(spec.args, spec.expand_args);
  AddEnv(spec, image, out);
  if (!image || spec.working_dir != image->working_dir) out.working_dir = spec.working_dir;
  AddPorts(spec.ports, out);
  AddMounts(spec, volume_names, result);
  AddResources(spec.resources, out);
  AddSecurity(spec.security, result);
  out.tty = spec.tty;
  out.stdin = spec.stdin;
  out.stdin_once = spec.stdin_once;
  AddLifecycle(spec, out, result.warnings);
  WarnOfTheRest(spec, result.warnings);
  return result;
}

}  // namespace skiff::kube
