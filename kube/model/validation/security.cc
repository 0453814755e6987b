#include <algorithm>

#include "kube/model/validation/report.h"

namespace skiff::kube::validation {

namespace {

void ValidateProfile(Report& report, const std::string& path, const SecurityProfile& profile) {
  const bool local = profile.type == "Localhost";
  if (local && profile.localhost_profile.empty()) {
    report.Required(path + ".localhostProfile", "must be set when profile type is Localhost");
  }
  if (!local && !profile.localhost_profile.empty()) {
    report.Invalid(path + ".localhostProfile", profile.localhost_profile,
                   "can only be set when type is Localhost");
  }
}

bool AddsSysAdmin(const SecurityContext& context) {
  if (!context.capabilities) return false;
  return std::any_of(context.capabilities->add.begin(), context.capabilities->add.end(),
                     [](const std::string& name) { return name == "SYS_ADMIN" || name == "CAP_SYS_ADMIN"; });
}

// The namespaces a sysctl belongs to decide whether a pod may set it.
void ValidateSysctl(Report& report, const std::string& at, const Sysctl& sysctl, const PodSpec& spec) {
  std::string name = sysctl.name;
  std::replace(name.begin(), name.end(), '/', '.');
  const bool ipc = name.starts_with("kernel.shm") || name.starts_with("kernel.msg") || name == "kernel.sem" ||
                   name.starts_with("fs.mqueue.");
  const bool network = name.starts_with("net.");
  if (name.empty() || !CheckSysctlName(Value::String(sysctl.name)).empty()) return;
  if (!ipc && !network) {
    report.Invalid(at + ".name", sysctl.name,
                   "is not a sysctl of a namespace: it would change the whole machine");
  } else if (network && spec.host_network) {
    report.Invalid(at + ".name", sysctl.name, "may not be specified when 'hostNetwork' is true");
  } else if (ipc && spec.host_ipc) {
    report.Invalid(at + ".name", sysctl.name, "may not be specified when 'hostIPC' is true");
  }
}

// The kubelet would refuse to start it each time.
void ValidateNonRoot(Report& report, const std::string& path, const SecurityContext& own, const PodSecurityContext& pod) {
  const bool non_root = own.run_as_non_root.value_or(pod.run_as_non_root.value_or(false));
  if (!non_root || own.run_as_user.value_or(pod.run_as_user.value_or(-1)) != 0) return;
  const std::string field = own.run_as_user || !own.run_as_non_root ? "runAsUser" : "runAsNonRoot";
  report.Error(fmt::format("{}.securityContext.{}", path, field),
               "Invalid value: the user is root (0) although `runAsNonRoot` is true; set another `runAsUser`");
}

}  // namespace

void ValidateSecurity(Report& report, const std::string& path, const Container& container,
                      const PodSpec& pod) {
  ValidateNonRoot(report, path, container.security_context.value_or(SecurityContext()),
                  pod.security_context.value_or(PodSecurityContext()));
  if (!container.security_context) return;
  const SecurityContext& context = *container.security_context;
  const std::string at = path + ".securityContext";
  if (context.allow_privilege_escalation == false && context.privileged.value_or(false)) {
    report.Error(at,
                 "Invalid value: cannot set `allowPrivilegeEscalation` to false and `privileged` to true");
  }
  if (context.allow_privilege_escalation == false && AddsSysAdmin(context)) {
    report.Error(
        at,
        "Invalid value: cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN");
  }
  if (context.seccomp_profile) ValidateProfile(report, at + ".seccompProfile", *context.seccomp_profile);
  if (context.app_armor_profile) ValidateProfile(report, at + ".appArmorProfile", *context.app_armor_profile);
  if (context.proc_mount == "Unmasked" && pod.host_users.value_or(true)) {
    report.Invalid(at + ".procMount", context.proc_mount, "`hostUsers` must be false to use `Unmasked`");
  }
}

void ValidatePodSecurity(Report& report, const std::string& path, const PodSpec& spec) {
  if (!spec.security_context) return;
  const PodSecurityContext& context = *spec.security_context;
  const std::string at = path + ".securityContext";
  constexpr int64_t kLargestId = 2147483647;
  for (size_t i = 0; i < context.supplemental_groups.size(); ++i) {
    const int64_t group = context.supplemental_groups[i];
    if (group >= 0 && group <= kLargestId) continue;
    report.Error(fmt::format("{}.supplementalGroups[{}]", at, i),
                 fmt::format("Invalid value: {}: must be between 0 and {}, inclusive", group, kLargestId));
  }
  if (context.seccomp_profile) ValidateProfile(report, at + ".seccompProfile", *context.seccomp_profile);
  if (context.app_armor_profile) ValidateProfile(report, at + ".appArmorProfile", *context.app_armor_profile);
  std::set<std::string> names;
  for (size_t i = 0; i < context.sysctls.size(); ++i) {
    const std::string sysctl = fmt::format("{}.sysctls[{}]", at, i);
    report.Unique(sysctl + ".name", context.sysctls[i].name, names);
    ValidateSysctl(report, sysctl, context.sysctls[i], spec);
  }
}

}  // namespace skiff::kube::validation
