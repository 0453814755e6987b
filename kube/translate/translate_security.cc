#include "kube/translate/translate_security.h"

#include <algorithm>
#include <array>

namespace skiff::kube {
namespace {

// Namespaced in the kernel and without effect on other pods or the node (kube-semantics.md 8).
constexpr std::array<std::string_view, 12> kSafeSysctls = {
    "kernel.shm_rmid_forced",          "net.ipv4.ip_local_port_range",  "net.ipv4.tcp_syncookies",
    "net.ipv4.ping_group_range",       "net.ipv4.ip_unprivileged_port_start", "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.tcp_keepalive_time",     "net.ipv4.tcp_fin_timeout",      "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",   "net.ipv4.tcp_rmem",             "net.ipv4.tcp_wmem"};

constexpr char kSeccompRoot[] = "/var/lib/kubelet/seccomp/";

std::vector<std::string> CapabilityNames(const std::vector<std::string>& names) {
  std::vector<std::string> out;
  for (std::string name : names) {
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::toupper(c); });
    out.push_back(name.starts_with("CAP_") ? name.substr(4) : name);
  }
  return out;
}

pod::SeccompProfile Seccomp(const std::optional<SecurityProfile>& profile) {
  if (!profile || profile->type == "RuntimeDefault") return {};
  if (profile->type == "Unconfined") return {.type = pod::SeccompProfile::Type::kUnconfined};
  return {.type = pod::SeccompProfile::Type::kLocalhost, .path = kSeccompRoot + profile->localhost_profile};
}

std::string AppArmor(const std::optional<SecurityProfile>& profile) {
  if (!profile || profile->type == "RuntimeDefault") return "";
  return profile->type == "Unconfined" ? "unconfined" : profile->localhost_profile;
}

std::string SeLinuxLabel(const std::optional<SeLinuxOptions>& options) {
  if (!options) return "";
  const auto part = [](const std::string& given, const char* usual) { return given.empty() ? usual : given.c_str(); };
  return fmt::format("{}:{}:{}:{}", part(options->user, "system_u"), part(options->role, "system_r"),
                     part(options->type, "container_t"), part(options->level, "s0"));
}

template <typename T>
const std::optional<T>& FirstGiven(const std::optional<T>& own, const std::optional<T>& pod) {
  return own ? own : pod;
}

}  // namespace

pod::SecurityContext TranslateSecurity(const PodSpec& spec, const Container& container) {
  const SecurityContext own = container.security_context.value_or(SecurityContext());
  const PodSecurityContext pod = spec.security_context.value_or(PodSecurityContext());
  pod::SecurityContext out;
  out.run_as_user = FirstGiven(own.run_as_user, pod.run_as_user);
  out.run_as_group = FirstGiven(own.run_as_group, pod.run_as_group);
  out.run_as_non_root = FirstGiven(own.run_as_non_root, pod.run_as_non_root).value_or(false);
  out.supplemental_groups = pod.supplemental_groups;
  if (pod.fs_group) out.supplemental_groups.push_back(*pod.fs_group);
  out.supplemental_groups_strict = pod.supplemental_groups_policy == "Strict";
  if (own.capabilities) {
    out.capabilities_add = CapabilityNames(own.capabilities->add);
    out.capabilities_drop = CapabilityNames(own.capabilities->drop);
  }
  out.privileged = own.privileged.value_or(false);
  out.read_only_root = own.read_only_root_filesystem.value_or(false);
  out.no_new_privileges = !own.allow_privilege_escalation.value_or(true);
  out.unmasked_proc = own.proc_mount == "Unmasked";
  out.seccomp = Seccomp(FirstGiven(own.seccomp_profile, pod.seccomp_profile));
  out.apparmor_profile = AppArmor(FirstGiven(own.app_armor_profile, pod.app_armor_profile));
  out.selinux_label = SeLinuxLabel(FirstGiven(own.se_linux_options, pod.se_linux_options));
  return out;
}

std::map<std::string, std::string> TranslateSysctls(const TranslationContext& context) {
  std::map<std::string, std::string> sysctls;
  if (!context.spec.security_context) return sysctls;
  const auto& list = context.spec.security_context->sysctls;
  for (size_t i = 0; i < list.size(); ++i) {
    const std::string path = fmt::format("{}.securityContext.sysctls[{}].name", context.spec_path, i);
    std::string name = list[i].name;
    std::replace(name.begin(), name.end(), '/', '.');
    if (std::find(kSafeSysctls.begin(), kSafeSysctls.end(), name) == kSafeSysctls.end()) {
      context.problems.Error(path, fmt::format("sysctl \"{}\" is not one of the safe ones, which cannot affect other pods "
                                               "or the host; set it on the host, or in a privileged container", name));
    } else if (name.starts_with("net.") && context.spec.host_network) {
      context.problems.Error(path, fmt::format("sysctl \"{}\" is not allowed when hostNetwork is true", name));
    } else if (name.starts_with("kernel.") && context.spec.host_ipc) {
      context.problems.Error(path, fmt::format("sysctl \"{}\" is not allowed when hostIPC is true", name));
    } else {
      sysctls[name] = list[i].value;
    }
  }
  return sysctls;
}

}  // namespace skiff::kube
