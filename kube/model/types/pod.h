// core/v1 Pod.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kube/model/types/container.h"
#include "kube/model/types/meta.h"
#include "kube/model/types/volume.h"

namespace skiff::kube {

struct Sysctl {
  std::string name;
  std::string value;
};

struct PodSecurityContext {
  std::optional<SeLinuxOptions> se_linux_options;
  Value windows_options;
  std::optional<int64_t> run_as_user;
  std::optional<int64_t> run_as_group;
  std::optional<bool> run_as_non_root;
  std::vector<int64_t> supplemental_groups;
  std::string supplemental_groups_policy;  // Merge, Strict
  std::optional<int64_t> fs_group;
  std::vector<Sysctl> sysctls;
  std::string fs_group_change_policy;  // Always, OnRootMismatch
  std::optional<SecurityProfile> seccomp_profile;
  std::optional<SecurityProfile> app_armor_profile;
  std::string se_linux_change_policy;
};

struct HostAlias {
  std::string ip;
  std::vector<std::string> hostnames;
};

struct PodDnsConfigOption {
  std::string name;
  std::optional<std::string> value;
};

struct PodDnsConfig {
  std::vector<std::string> nameservers;
  std::vector<std::string> searches;
  std::vector<PodDnsConfigOption> options;
};

struct PodSpec {
  std::vector<Volume> volumes;
  std::vector<Container> init_containers;
  std::vector<Container> containers;
  Value ephemeral_containers;
  std::string restart_policy;                               // Always (default), OnFailure, Never
  std::optional<int64_t> termination_grace_period_seconds;  // 30 after loading
  std::optional<int64_t> active_deadline_seconds;
  std::string dns_policy;  // ClusterFirst (default), ClusterFirstWithHostNet, Default, None
  StringMap node_selector;
  std::string service_account_name;
  std::string service_account;
  std::optional<bool> automount_service_account_token;
  std::string node_name;
  bool host_network = false;
  bool host_pid = false;
  bool host_ipc = false;
  std::optional<bool> share_process_namespace;
  std::optional<PodSecurityContext> security_context;
  std::vector<LocalObjectReference> image_pull_secrets;
  std::string hostname;
  std::string subdomain;
  Value affinity;
  std::string scheduler_name;
  Value tolerations;
  std::vector<HostAlias> host_aliases;
  std::string priority_class_name;
  std::optional<int32_t> priority;
  std::optional<PodDnsConfig> dns_config;
  Value readiness_gates;
  std::optional<std::string> runtime_class_name;
  std::optional<bool> enable_service_links;
  std::string preemption_policy;
  ResourceList overhead;
  Value topology_spread_constraints;
  std::optional<bool> set_hostname_as_fqdn;
  Value os;
  std::optional<bool> host_users;
  Value scheduling_gates;
  Value resource_claims;
  std::optional<ResourceRequirements> resources;
  std::optional<std::string> hostname_override;
  Value scheduling_group;
};

struct PodTemplateSpec {
  ObjectMeta metadata;
  PodSpec spec;
};

struct Pod {
  static constexpr const char* kKind = "Pod";
  static constexpr const char* kApiVersion = "v1";
  ObjectMeta metadata;
  PodSpec spec;
};

}  // namespace skiff::kube
