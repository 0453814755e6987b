#include "kube/generate/pod_from_spec.h"

#include <algorithm>
#include <map>

#include "kube/generate/container_from_spec.h"

namespace skiff::kube {
namespace {

// Volumes get names made from where the data is, as podman names them (formats.md 7.6).
Volume VolumeFromSpec(const pod::Volume& in, size_t index, PodFromSpecResult& out) {
  Volume volume;
  if (in.host_path) {
    volume.name = ToLabel(in.host_path->path.substr(in.host_path->path.find_first_not_of('/') == std::string::npos
                                                        ? 0
                                                        : in.host_path->path.find_first_not_of('/')) +
                          "-host-" + std::to_string(index));
    volume.host_path = {.path = in.host_path->path, .type = in.host_path->type};
  } else if (in.named) {
    volume.name = ToLabel(in.named->name + "-pvc");
    volume.persistent_volume_claim = {.claim_name = in.named->name, .read_only = in.named->read_only};
    out.claims.push_back(in.named->name);
  } else {
    volume.name = ToLabel(in.name);
    EmptyDirVolumeSource source;
    if (in.empty_dir && in.empty_dir->memory) source.medium = "Memory";
    if (in.empty_dir && in.empty_dir->size_limit > 0)
      source.size_limit = Quantity::FromBytes(static_cast<int64_t>(in.empty_dir->size_limit));
    volume.empty_dir = source;
    if (in.files)
      out.warnings.push_back(fmt::format("volume \"{}\": its files came from a ConfigMap or Secret and are not written", in.name));
  }
  return volume;
}

void AddPodSecurity(const pod::PodSpec& spec, PodSpec& out) {
  PodSecurityContext security;
  security.fs_group = spec.fs_group;
  if (spec.fs_group_on_root_mismatch) security.fs_group_change_policy = "OnRootMismatch";
  for (const auto& [name, value] : spec.sysctls) security.sysctls.push_back({name, value});
  for (const pod::ContainerSpec& container : spec.containers) {
    for (const int64_t group : container.security.supplemental_groups) {
      auto& groups = security.supplemental_groups;
      if (group != spec.fs_group && std::find(groups.begin(), groups.end(), group) == groups.end()) groups.push_back(group);
    }
  }
  if (security.fs_group || !security.sysctls.empty() || !security.supplemental_groups.empty())
    out.security_context = std::move(security);
}

void AddDns(const pod::DnsConfig& dns, PodSpec& out) {
  if (dns.policy == pod::DnsConfig::Policy::kNone) out.dns_policy = "None";
  if (dns.nameservers.empty() && dns.searches.empty() && dns.options.empty()) return;
  PodDnsConfig config{.nameservers = dns.nameservers, .searches = dns.searches};
  for (const std::string& option : dns.options) {
    const size_t colon = option.find(':');
    PodDnsConfigOption named{.name = option.substr(0, colon)};
    if (colon != std::string::npos) named.value = option.substr(colon + 1);
    config.options.push_back(std::move(named));
  }
  out.dns_config = std::move(config);
}

void AddNamespaces(const pod::PodInfo& info, PodFromSpecResult& result) {
  const pod::PodSpec& spec = info.spec;
  PodSpec& out = result.pod.spec;
  out.host_network = spec.network.mode == pod::NetworkSpec::Mode::kHost;
  out.host_pid = spec.host_pid;
  out.host_ipc = spec.host_ipc;
  if (spec.share_pid) out.share_process_namespace = true;
  if (!spec.readiness_gates.empty()) out.readiness_gates = Value::List();
  for (const std::string& gate : spec.readiness_gates) {
    out.readiness_gates.items().push_back(Value::Map());
    out.readiness_gates.items().back().Set("conditionType", Value::String(gate));
  }
  // A container of `run` is called like its id unless it was told otherwise.
  const bool made_up = info.id.starts_with(spec.hostname) ||
                       std::any_of(info.containers.begin(), info.containers.end(),
                                   [&](const pod::ContainerInfo& c) { return c.id.starts_with(spec.hostname); });
  if (!made_up && !out.host_network && spec.hostname != result.pod.metadata.name) out.hostname = spec.hostname;
  for (const pod::NetworkAttachment& network : spec.network.networks) {
    if (!network.name.empty())
      result.warnings.push_back("networks are named when playing: skiff kube play --network " + network.name);
    if (!network.static_ips.empty() || !network.static_mac.empty())
      result.warnings.push_back("a fixed address of the pod cannot be written");
  }
  if (spec.network.mode == pod::NetworkSpec::Mode::kNone || spec.network.left_all)
    result.warnings.push_back("play it with --network none");
}

std::string RestartPolicyName(pod::RestartPolicy policy) {
  switch (policy) {
    case pod::RestartPolicy::kOnFailure: return "OnFailure";
    case pod::RestartPolicy::kNever: return "Never";
    case pod::RestartPolicy::kAlways: break;
  }
  return "Always";
}

// The policy of the first container is the pod's; others keep their own where it differs.
void AddRestartPolicies(const pod::PodSpec& spec, const std::vector<pod::ContainerInfo>& infos, PodSpec& out) {
  std::vector<pod::RestartPolicy> policies;
  for (const pod::ContainerInfo& info : infos) {
    if (!info.spec.init) policies.push_back(info.spec.restart_policy.value_or(spec.restart_policy));
  }
  out.restart_policy = RestartPolicyName(policies.empty() ? spec.restart_policy : policies.front());
  for (size_t i = 0; i < policies.size() && i < out.containers.size(); ++i) {
    if (policies[i] != policies.front() || !out.containers[i].restart_policy_rules.empty())
      out.containers[i].restart_policy = RestartPolicyName(policies[i]);
  }
}

}  // namespace

std::string EscapeExpansion(const std::string& text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    out += text[i];
    if (text[i] == '$' && i + 1 < text.size() && (text[i + 1] == '$' || text[i + 1] == '(')) out += '$';
  }
  return out;
}

std::string ToLabel(const std::string& name) {
  constexpr size_t kMost = 63;
  std::string label;
  for (const char c : name) {
    const auto letter = static_cast<unsigned char>(c);
    if (std::isalnum(letter)) label += static_cast<char>(std::tolower(letter));
    else if (!label.empty() && label.back() != '-') label += '-';
  }
  // The end tells one from another ("-host-2"), so the beginning is cut.
  if (label.size() > kMost) label = label.substr(label.size() - kMost);
  label.erase(0, std::min(label.find_first_not_of('-'), label.size()));
  while (!label.empty() && label.back() == '-') label.pop_back();
  return label.empty() ? "x" : label;
}

PodFromSpecResult PodFromSpec(const pod::PodInfo& info, const std::string& name, const ImageLookup& image) {
  const pod::PodSpec& spec = info.spec;
  PodFromSpecResult result;
  Pod& pod = result.pod;
  pod.metadata.name = name;
  if (spec.kube_namespace != "default") pod.metadata.kube_namespace = spec.kube_namespace;
  pod.metadata.labels = spec.labels;
  pod.metadata.labels.try_emplace("app", name);
  pod.metadata.annotations = spec.annotations;
  std::map<std::string, std::string> volume_names;  // of the spec to those in the manifest
  for (size_t i = 0; i < spec.volumes.size(); ++i) {
    Volume volume = VolumeFromSpec(spec.volumes[i], i, result);
    volume_names[spec.volumes[i].name] = volume.name;
    const auto same = [&](const Volume& other) { return other.name == volume.name; };
    if (std::none_of(pod.spec.volumes.begin(), pod.spec.volumes.end(), same)) pod.spec.volumes.push_back(std::move(volume));
  }
  for (const pod::ContainerInfo& container : info.containers) {
    ContainerFromSpecResult made = ContainerFromSpec(container, volume_names, image(container.spec.image));
    for (Volume& volume : made.volumes) pod.spec.volumes.push_back(std::move(volume));
    for (std::string& warning : made.warnings) result.warnings.push_back(std::move(warning));
    (container.spec.init ? pod.spec.init_containers : pod.spec.containers).push_back(std::move(made.container));
    if (container.spec.stop_timeout_s && !pod.spec.termination_grace_period_seconds)
      pod.spec.termination_grace_period_seconds = container.spec.stop_timeout_s;
    if (!container.spec.stop_signal.empty() && pod.spec.os.is(Value::Kind::kNull)) {
      pod.spec.os = Value::Map();  // stopSignal is only allowed where the system is named
      pod.spec.os.Set("name", Value::String("linux"));
    }
  }
  if (!pod.spec.containers.empty()) AddPorts(spec.ports, pod.spec.containers.front());
  AddRestartPolicies(spec, info.containers, pod.spec);
  if (!pod.spec.termination_grace_period_seconds) pod.spec.termination_grace_period_seconds = spec.termination_grace_s;
  pod.spec.active_deadline_seconds = spec.active_deadline_s;
  AddNamespaces(info, result);
  AddDns(spec.dns, pod.spec);
  for (const pod::HostAlias& alias : spec.host_aliases) pod.spec.host_aliases.push_back({alias.ip, alias.hostnames});
  AddPodSecurity(spec, pod.spec);
  return result;
}

}  // namespace skiff::kube
