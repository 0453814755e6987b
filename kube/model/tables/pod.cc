#include "kube/model/codec.h"
#include "kube/model/rules.h"
#include "kube/model/tables/shape.h"

namespace skiff::kube {

using enum Support;

const Struct& Describe(const HostAlias*) {
  static const Struct table{"HostAlias", {
      F<&HostAlias::ip>("ip").Required().Check(CheckIp),
      F<&HostAlias::hostnames>("hostnames"),
  }};
  return table;
}

const Struct& Describe(const PodDnsConfigOption*) {
  static const Struct table{"PodDNSConfigOption", {
      F<&PodDnsConfigOption::name>("name").Required(),
      F<&PodDnsConfigOption::value>("value"),
  }};
  return table;
}

const Struct& Describe(const PodDnsConfig*) {
  static const Struct table{"PodDNSConfig", {
      F<&PodDnsConfig::nameservers>("nameservers"),
      F<&PodDnsConfig::searches>("searches"),
      F<&PodDnsConfig::options>("options"),
  }};
  return table;
}

const Struct& Describe(const PodSpec*) {
  static const Struct table{"PodSpec", {
      F<&PodSpec::volumes>("volumes"),
      F<&PodSpec::init_containers>("initContainers"),
      F<&PodSpec::containers>("containers").Required(),
      F<&PodSpec::ephemeral_containers>("ephemeralContainers", ListOf(AnyType()), kRefused),
      F<&PodSpec::restart_policy>("restartPolicy").Default("Always").OneOf({"Always", "OnFailure", "Never"}),
      F<&PodSpec::termination_grace_period_seconds>("terminationGracePeriodSeconds").Default(int64_t{30}),
      F<&PodSpec::active_deadline_seconds>("activeDeadlineSeconds").Range(1, 2147483647),
      F<&PodSpec::dns_policy>("dnsPolicy").Default("ClusterFirst")
          .OneOf({"ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"}),
      F<&PodSpec::node_selector>("nodeSelector", kAccepted).CheckEach(QualifiedNameDetail, LabelValueDetail),
      F<&PodSpec::service_account_name>("serviceAccountName", kAccepted).Harmless("default").Check(CheckDnsSubdomain),
      F<&PodSpec::service_account>("serviceAccount", kAccepted).Harmless("default"),
      F<&PodSpec::automount_service_account_token>("automountServiceAccountToken", kAccepted).Harmless(false),
      F<&PodSpec::node_name>("nodeName", kAccepted),
      F<&PodSpec::host_network>("hostNetwork"),
      F<&PodSpec::host_pid>("hostPID"),
      F<&PodSpec::host_ipc>("hostIPC"),
      F<&PodSpec::share_process_namespace>("shareProcessNamespace"),
      F<&PodSpec::security_context>("securityContext"),
      F<&PodSpec::image_pull_secrets>("imagePullSecrets"),
      F<&PodSpec::hostname>("hostname").Check(CheckDnsLabel),
      F<&PodSpec::subdomain>("subdomain").Check(CheckDnsLabel).Note("the name of a headless Service"),
      F<&PodSpec::affinity>("affinity", StructType(AffinityTable), kAccepted),
      F<&PodSpec::scheduler_name>("schedulerName", kAccepted).Harmless("default-scheduler"),
      F<&PodSpec::tolerations>("tolerations", ListOf(StructType(TolerationTable)), kAccepted),
      F<&PodSpec::host_aliases>("hostAliases"),
      F<&PodSpec::priority_class_name>("priorityClassName", kAccepted),
      F<&PodSpec::priority>("priority", kAccepted),
      F<&PodSpec::dns_config>("dnsConfig"),
      F<&PodSpec::readiness_gates>("readinessGates", ListOf(StructType(ReadinessGateTable)), Support::kEffective)
          .Note("nothing sets such a condition on one machine: the pod runs but does not become Ready"),
      F<&PodSpec::runtime_class_name>("runtimeClassName", kNotYet).Check(CheckDnsSubdomain),
      F<&PodSpec::enable_service_links>("enableServiceLinks"),
      F<&PodSpec::preemption_policy>("preemptionPolicy", kAccepted).OneOf({"PreemptLowerPriority", "Never"}),
      F<&PodSpec::overhead>("overhead", kAccepted),
      F<&PodSpec::topology_spread_constraints>("topologySpreadConstraints",
                                               ListOf(StructType(TopologySpreadConstraintTable)), kAccepted),
      F<&PodSpec::set_hostname_as_fqdn>("setHostnameAsFQDN"),
      F<&PodSpec::os>("os", StructType(PodOsTable), kAccepted),
      F<&PodSpec::host_users>("hostUsers", kNotYet).Harmless(true),
      F<&PodSpec::scheduling_gates>("schedulingGates", ListOf(StructType(SchedulingGateTable)), kNotYet),
      F<&PodSpec::resource_claims>("resourceClaims", ListOf(StructType(PodResourceClaimTable)), kAccepted),
      F<&PodSpec::resources>("resources"),
      F<&PodSpec::hostname_override>("hostnameOverride").Check(CheckDnsSubdomain),
      F<&PodSpec::scheduling_group>("schedulingGroup", StructType(SchedulingGroupTable), kAccepted),
  }};
  return table;
}

const Struct& Describe(const PodTemplateSpec*) {
  static const Struct table{"PodTemplateSpec", {
      F<&PodTemplateSpec::metadata>("metadata"),
      F<&PodTemplateSpec::spec>("spec").Required(),
  }};
  return table;
}

const Struct& Describe(const Pod*) {
  static const Struct table{"Pod", {
      S("apiVersion", StringType(), kEffective),
      S("kind", StringType(), kEffective),
      F<&Pod::metadata>("metadata").Required(),
      F<&Pod::spec>("spec").Required(),
      S("status", AnyType(), kServer),
  }};
  return table;
}

}  // namespace skiff::kube
