#include "kube/model/codec.h"
#include "kube/model/rules.h"
#include "kube/model/tables/shape.h"

namespace skiff::kube {

using enum Support;

namespace {
constexpr int64_t kLargestId = 2147483647;
}

const Struct& Describe(const Capabilities*) {
  static const Struct table{"Capabilities", {
      F<&Capabilities::add>("add").Check(CheckCapabilities),
      F<&Capabilities::drop>("drop").Check(CheckCapabilities),
  }};
  return table;
}

const Struct& Describe(const SeLinuxOptions*) {
  static const Struct table{"SELinuxOptions", {
      F<&SeLinuxOptions::user>("user"),
      F<&SeLinuxOptions::role>("role"),
      F<&SeLinuxOptions::type>("type"),
      F<&SeLinuxOptions::level>("level"),
  }};
  return table;
}

const Struct& Describe(const SecurityProfile*) {
  static const Struct table{"SecurityProfile", {
      F<&SecurityProfile::type>("type").Required().OneOf({"Localhost", "RuntimeDefault", "Unconfined"}),
      F<&SecurityProfile::localhost_profile>("localhostProfile"),
  }};
  return table;
}

const Struct& Describe(const SecurityContext*) {
  static const Struct table{"SecurityContext", {
      F<&SecurityContext::capabilities>("capabilities"),
      F<&SecurityContext::privileged>("privileged"),
      F<&SecurityContext::se_linux_options>("seLinuxOptions"),
      F<&SecurityContext::windows_options>("windowsOptions", StructType(WindowsOptionsTable), kAccepted),
      F<&SecurityContext::run_as_user>("runAsUser").Range(0, kLargestId),
      F<&SecurityContext::run_as_group>("runAsGroup").Range(0, kLargestId),
      F<&SecurityContext::run_as_non_root>("runAsNonRoot"),
      F<&SecurityContext::read_only_root_filesystem>("readOnlyRootFilesystem"),
      F<&SecurityContext::allow_privilege_escalation>("allowPrivilegeEscalation"),
      F<&SecurityContext::proc_mount>("procMount").Default("Default").OneOf({"Default", "Unmasked"}),
      F<&SecurityContext::seccomp_profile>("seccompProfile"),
      F<&SecurityContext::app_armor_profile>("appArmorProfile"),
  }};
  return table;
}

const Struct& Describe(const Sysctl*) {
  static const Struct table{"Sysctl", {
      F<&Sysctl::name>("name").Required().Check(CheckSysctlName),
      F<&Sysctl::value>("value"),
  }};
  return table;
}

const Struct& Describe(const PodSecurityContext*) {
  static const Struct table{"PodSecurityContext", {
      F<&PodSecurityContext::se_linux_options>("seLinuxOptions"),
      F<&PodSecurityContext::windows_options>("windowsOptions", StructType(WindowsOptionsTable), kAccepted),
      F<&PodSecurityContext::run_as_user>("runAsUser").Range(0, kLargestId),
      F<&PodSecurityContext::run_as_group>("runAsGroup").Range(0, kLargestId),
      F<&PodSecurityContext::run_as_non_root>("runAsNonRoot"),
      F<&PodSecurityContext::supplemental_groups>("supplementalGroups"),
      F<&PodSecurityContext::supplemental_groups_policy>("supplementalGroupsPolicy").OneOf({"Merge", "Strict"}),
      F<&PodSecurityContext::fs_group>("fsGroup").Range(0, kLargestId),
      F<&PodSecurityContext::sysctls>("sysctls"),
      F<&PodSecurityContext::fs_group_change_policy>("fsGroupChangePolicy").OneOf({"Always", "OnRootMismatch"}),
      F<&PodSecurityContext::seccomp_profile>("seccompProfile"),
      F<&PodSecurityContext::app_armor_profile>("appArmorProfile"),
      F<&PodSecurityContext::se_linux_change_policy>("seLinuxChangePolicy", kAccepted).OneOf({"MountOption", "Recursive"}),
  }};
  return table;
}

}  // namespace skiff::kube
