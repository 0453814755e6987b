#include "kube/translate/translate.h"

#include "kube/translate/cgroup_values.h"
#include "kube/translate/translate_env.h"
#include "kube/translate/translate_lifecycle.h"
#include "kube/translate/translate_security.h"
#include "kube/translate/translate_volumes.h"
#include "kube/translate/value_access.h"

namespace skiff::kube {
namespace {

constexpr int64_t kDefaultGrace = 30;

pod::RestartPolicy RestartPolicyOf(const std::string& name) {
  if (name == "OnFailure") return pod::RestartPolicy::kOnFailure;
  if (name == "Never") return pod::RestartPolicy::kNever;
  return pod::RestartPolicy::kAlways;
}

pod::PullPolicy PullPolicyOf(const std::string& name) {
  if (name == "Always") return pod::PullPolicy::kAlways;
  if (name == "Never") return pod::PullPolicy::kNever;
  return pod::PullPolicy::kIfNotPresent;
}

pod::Protocol ProtocolOf(const std::string& name) {
  if (name == "UDP") return pod::Protocol::kUdp;
  if (name == "SCTP") return pod::Protocol::kSctp;
  return pod::Protocol::kTcp;
}

// `publish`: host ports count. Not for init containers, and not in the host's own network, where nothing is to be mapped.
std::vector<pod::PortMapping> Ports(const Container& container, bool publish) {
  std::vector<pod::PortMapping> ports;
  for (const ContainerPort& in : container.ports) {
    pod::PortMapping out{.name = in.name, .host_ip = in.host_ip};
    out.host_port = publish ? static_cast<uint16_t>(in.host_port) : uint16_t{0};
    out.container_port = static_cast<uint16_t>(in.container_port);
    out.protocol = ProtocolOf(in.protocol);
    ports.push_back(std::move(out));
  }
  return ports;
}

pod::ContainerSpec TranslateContainer(const TranslationContext& context, const Container& in, const std::string& path) {
  pod::ContainerSpec out;
  out.name = in.name;
  out.image = in.image;
  out.pull_policy = PullPolicyOf(in.image_pull_policy);
  if (!in.command.empty()) out.command = in.command;
  if (!in.args.empty()) out.args = in.args;
  out.expand_args = true;
  out.env = TranslateEnv(context, in, path);
  out.working_dir = in.working_dir;
  out.mounts = TranslateMounts(context, in, out.env, path);
  out.resources = ContainerResources(in.resources);
  out.security = TranslateSecurity(context.spec, in);
  out.oom_score_adj = OomScoreAdj(context.spec, in, context.node.memory_bytes);
  out.tty = in.tty;
  out.stdin = in.stdin;
  out.stdin_once = in.stdin_once;
  if (!in.restart_policy.empty()) out.restart_policy = RestartPolicyOf(in.restart_policy);
  TranslateLifecycle(context, in, path, out);
  out.termination_message_path = in.termination_message_path;
  out.termination_message_from_log = in.termination_message_policy == "FallbackToLogsOnError";
  return out;
}

void TranslateContainers(const TranslationContext& context, pod::PodSpec& out) {
  const PodSpec& spec = context.spec;
  for (size_t i = 0; i < spec.init_containers.size(); ++i) {
    const Container& in = spec.init_containers[i];
    out.init_containers.push_back(TranslateContainer(context, in, fmt::format("{}.initContainers[{}]", context.spec_path, i)));
    out.init_containers.back().ports = Ports(in, false);
    out.init_containers.back().init = true;
    out.init_containers.back().sidecar = IsSidecar(in);
  }
  for (size_t i = 0; i < spec.containers.size(); ++i) {
    const Container& in = spec.containers[i];
    out.containers.push_back(TranslateContainer(context, in, fmt::format("{}.containers[{}]", context.spec_path, i)));
    out.containers.back().ports = Ports(in, !spec.host_network);
  }
}

// In the host's network, ClusterFirst is what the host has (kube-semantics.md 9).
pod::DnsConfig::Policy DnsPolicy(const PodSpec& spec) {
  using Policy = pod::DnsConfig::Policy;
  if (spec.dns_policy == "None") return Policy::kNone;
  if (spec.dns_policy == "Default") return Policy::kDefault;
  if (spec.dns_policy == "ClusterFirstWithHostNet") return Policy::kClusterFirstWithHostNet;
  return spec.host_network ? Policy::kDefault : Policy::kClusterFirst;
}

pod::DnsConfig Dns(const PodSpec& spec) {
  pod::DnsConfig out;
  out.policy = DnsPolicy(spec);
  if (!spec.dns_config) return out;
  out.nameservers = spec.dns_config->nameservers;
  out.searches = spec.dns_config->searches;
  for (const PodDnsConfigOption& option : spec.dns_config->options)
    out.options.push_back(option.value && !option.value->empty() ? option.name + ":" + *option.value : option.name);
  return out;
}

void TranslatePodSecurity(const TranslationContext& context, pod::PodSpec& out) {
  out.sysctls = TranslateSysctls(context);
  if (!context.spec.security_context) return;
  out.fs_group = context.spec.security_context->fs_group;
  out.fs_group_on_root_mismatch = context.spec.security_context->fs_group_change_policy == "OnRootMismatch";
}

}  // namespace

std::string PodHostname(const TranslationContext& context) {
  const PodSpec& spec = context.spec;
  if (spec.hostname_override) return *spec.hostname_override;
  if (spec.host_network) return context.node.name;
  std::string name = (spec.hostname.empty() ? context.identity.name : spec.hostname).substr(0, 63);
  while (!name.empty() && (name.back() == '-' || name.back() == '.')) name.pop_back();
  if (!spec.set_hostname_as_fqdn.value_or(false) || spec.subdomain.empty()) return name;
  return fmt::format("{}.{}.{}.svc.cluster.local", name, spec.subdomain, context.identity.kube_namespace);
}

pod::PodSpec TranslatePod(const TranslationContext& context) {
  const PodSpec& spec = context.spec;
  pod::PodSpec out;
  out.name = context.identity.name;
  out.kube_namespace = context.identity.kube_namespace;
  out.uid = context.identity.uid;
  out.labels = context.identity.labels;
  out.annotations = context.identity.annotations;
  out.hostname = PodHostname(context);
  if (out.hostname.size() > 64)
    context.problems.Error(context.spec_path + ".setHostnameAsFQDN",
                           fmt::format("the name {} is longer than the 64 characters of a host name", out.hostname));
  out.hostname_label = spec.hostname;
  out.subdomain = spec.subdomain;
  for (const Value& gate : spec.readiness_gates.items()) out.readiness_gates.push_back(TextAt(gate, "conditionType"));
  out.service_links = spec.enable_service_links.value_or(true);
  TranslateContainers(context, out);
  out.volumes = TranslateVolumes(context);
  out.restart_policy = RestartPolicyOf(spec.restart_policy);
  out.termination_grace_s = spec.termination_grace_period_seconds.value_or(kDefaultGrace);
  out.active_deadline_s = spec.active_deadline_seconds;
  if (spec.host_network) out.network.mode = pod::NetworkSpec::Mode::kHost;
  out.host_pid = spec.host_pid;
  out.host_ipc = spec.host_ipc;
  out.share_pid = spec.share_process_namespace.value_or(false);
  out.dns = Dns(spec);
  for (const HostAlias& alias : spec.host_aliases) out.host_aliases.push_back({alias.ip, alias.hostnames});
  TranslatePodSecurity(context, out);
  out.resources = PodResources(spec);
  out.from_kube = true;
  out.exit_when_containers_exit = true;  // a pod whose containers have all ended for good is Succeeded or Failed
  return out;
}

}  // namespace skiff::kube
