#include "kube/model/codec.h"
#include "kube/model/rules.h"
#include "kube/model/tables/shape.h"

namespace skiff::kube {

using enum Support;

const Struct& Describe(const ContainerPort*) {
  static const Struct table{"ContainerPort", {
      F<&ContainerPort::name>("name").Check(CheckPortName),
      F<&ContainerPort::host_port>("hostPort").Range(1, 65535),
      F<&ContainerPort::container_port>("containerPort").Required().Range(1, 65535),
      F<&ContainerPort::protocol>("protocol").Default("TCP").OneOf({"TCP", "UDP", "SCTP"}),
      F<&ContainerPort::host_ip>("hostIP").Check(CheckIp),
  }};
  return table;
}

const Struct& Describe(const ObjectFieldSelector*) {
  static const Struct table{"ObjectFieldSelector", {
      F<&ObjectFieldSelector::api_version>("apiVersion").Default("v1"),
      F<&ObjectFieldSelector::field_path>("fieldPath").Required(),
  }};
  return table;
}

const Struct& Describe(const ResourceFieldSelector*) {
  static const Struct table{"ResourceFieldSelector", {
      F<&ResourceFieldSelector::container_name>("containerName"),
      F<&ResourceFieldSelector::resource>("resource").Required(),
      F<&ResourceFieldSelector::divisor>("divisor"),
  }};
  return table;
}

const Struct& Describe(const KeySelector*) {
  static const Struct table{"KeySelector", {
      F<&KeySelector::name>("name").Required(),
      F<&KeySelector::key>("key").Required().Check(CheckConfigKey),
      F<&KeySelector::optional>("optional"),
  }};
  return table;
}

const Struct& Describe(const FileKeySelector*) {
  static const Struct table{"FileKeySelector", {
      F<&FileKeySelector::volume_name>("volumeName").Required(),
      F<&FileKeySelector::path>("path").Required().Check(CheckRelativePath),
      F<&FileKeySelector::key>("key").Required(),
      F<&FileKeySelector::optional>("optional"),
  }};
  return table;
}

const Struct& Describe(const EnvVarSource*) {
  static const Struct table{"EnvVarSource", {
      F<&EnvVarSource::field_ref>("fieldRef"),
      F<&EnvVarSource::resource_field_ref>("resourceFieldRef"),
      F<&EnvVarSource::config_map_key_ref>("configMapKeyRef"),
      F<&EnvVarSource::secret_key_ref>("secretKeyRef"),
      F<&EnvVarSource::file_key_ref>("fileKeyRef", kRefused),
  }};
  return table;
}

const Struct& Describe(const EnvVar*) {
  static const Struct table{"EnvVar", {
      F<&EnvVar::name>("name").Required().Check(CheckEnvName),
      F<&EnvVar::value>("value"),
      F<&EnvVar::value_from>("valueFrom"),
  }};
  return table;
}

const Struct& Describe(const EnvFromReference*) {
  static const Struct table{"EnvFromReference", {
      F<&EnvFromReference::name>("name").Required(),
      F<&EnvFromReference::optional>("optional"),
  }};
  return table;
}

const Struct& Describe(const EnvFromSource*) {
  static const Struct table{"EnvFromSource", {
      F<&EnvFromSource::prefix>("prefix").Check(CheckEnvName),
      F<&EnvFromSource::config_map_ref>("configMapRef"),
      F<&EnvFromSource::secret_ref>("secretRef"),
  }};
  return table;
}

const Struct& Describe(const ResourceRequirements*) {
  static const Struct table{"ResourceRequirements", {
      F<&ResourceRequirements::limits>("limits"),
      F<&ResourceRequirements::requests>("requests"),
      F<&ResourceRequirements::claims>("claims", ListOf(StructType(ResourceClaimReferenceTable)), kAccepted),
  }};
  return table;
}

const Struct& Describe(const VolumeMount*) {
  static const Struct table{"VolumeMount", {
      F<&VolumeMount::name>("name").Required(),
      F<&VolumeMount::read_only>("readOnly"),
      F<&VolumeMount::recursive_read_only>("recursiveReadOnly").OneOf({"Disabled", "IfPossible", "Enabled"}),
      F<&VolumeMount::mount_path>("mountPath").Required().Check(CheckMountPath),
      F<&VolumeMount::sub_path>("subPath").Check(CheckRelativePath),
      F<&VolumeMount::mount_propagation>("mountPropagation").OneOf({"None", "HostToContainer", "Bidirectional"}),
      F<&VolumeMount::sub_path_expr>("subPathExpr").Check(CheckRelativePath),
  }};
  return table;
}

const Struct& Describe(const VolumeDevice*) {
  static const Struct table{"VolumeDevice", {
      F<&VolumeDevice::name>("name").Required(),
      F<&VolumeDevice::device_path>("devicePath").Required(),
  }};
  return table;
}

const Struct& Describe(const RestartRuleExitCodes*) {
  static const Struct table{"ContainerRestartRuleOnExitCodes", {
      F<&RestartRuleExitCodes::match>("operator").Required().OneOf({"In", "NotIn"}),
      F<&RestartRuleExitCodes::values>("values"),
  }};
  return table;
}

const Struct& Describe(const RestartRule*) {
  static const Struct table{"ContainerRestartRule", {
      F<&RestartRule::action>("action").Required().OneOf({"Restart", "RestartAllContainers"}),
      F<&RestartRule::exit_codes>("exitCodes"),
  }};
  return table;
}

const Struct& Describe(const Container*) {
  static const Struct table{"Container", {
      F<&Container::name>("name").Required().Check(CheckDnsLabel),
      F<&Container::image>("image").Required().Check(CheckImage),
      F<&Container::command>("command"),
      F<&Container::args>("args"),
      F<&Container::working_dir>("workingDir"),
      F<&Container::ports>("ports"),
      F<&Container::env_from>("envFrom"),
      F<&Container::env>("env"),
      F<&Container::resources>("resources"),
      F<&Container::resize_policy>("resizePolicy", ListOf(StructType(ResizePolicyTable)), kAccepted),
      F<&Container::restart_policy>("restartPolicy").OneOf({"Always", "OnFailure", "Never"}),
      F<&Container::restart_policy_rules>("restartPolicyRules"),
      F<&Container::volume_mounts>("volumeMounts"),
      F<&Container::volume_devices>("volumeDevices", kRefused),
      F<&Container::liveness_probe>("livenessProbe"),
      F<&Container::readiness_probe>("readinessProbe"),
      F<&Container::startup_probe>("startupProbe"),
      F<&Container::lifecycle>("lifecycle"),
      F<&Container::termination_message_path>("terminationMessagePath").Default("/dev/termination-log"),
      F<&Container::termination_message_policy>("terminationMessagePolicy").Default("File")
          .OneOf({"File", "FallbackToLogsOnError"}),
      F<&Container::image_pull_policy>("imagePullPolicy").OneOf({"Always", "IfNotPresent", "Never"})
          .Note("default: Always for the tag latest or none, else IfNotPresent"),
      F<&Container::security_context>("securityContext"),
      F<&Container::stdin>("stdin"),
      F<&Container::stdin_once>("stdinOnce"),
      F<&Container::tty>("tty"),
  }};
  return table;
}

}  // namespace skiff::kube
