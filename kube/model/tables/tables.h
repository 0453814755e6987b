// The table of each struct. They are defined in kube/tables/*.cc, one line per field.
#pragma once

#include "kube/model/schema.h"
#include "kube/model/types/object.h"

namespace skiff::kube {

const Struct& Describe(const OwnerReference*);
const Struct& Describe(const ObjectMeta*);
const Struct& Describe(const LabelSelectorRequirement*);
const Struct& Describe(const LabelSelector*);
const Struct& Describe(const LocalObjectReference*);

const Struct& Describe(const ContainerPort*);
const Struct& Describe(const ObjectFieldSelector*);
const Struct& Describe(const ResourceFieldSelector*);
const Struct& Describe(const KeySelector*);
const Struct& Describe(const FileKeySelector*);
const Struct& Describe(const EnvVarSource*);
const Struct& Describe(const EnvVar*);
const Struct& Describe(const EnvFromReference*);
const Struct& Describe(const EnvFromSource*);
const Struct& Describe(const ResourceRequirements*);
const Struct& Describe(const VolumeMount*);
const Struct& Describe(const VolumeDevice*);
const Struct& Describe(const Container*);

const Struct& Describe(const ExecAction*);
const Struct& Describe(const HttpHeader*);
const Struct& Describe(const HttpGetAction*);
const Struct& Describe(const TcpSocketAction*);
const Struct& Describe(const GrpcAction*);
const Struct& Describe(const SleepAction*);
const Struct& Describe(const RestartRuleExitCodes*);
const Struct& Describe(const RestartRule*);
const Struct& Describe(const Probe*);
const Struct& Describe(const LifecycleHandler*);
const Struct& Describe(const Lifecycle*);

const Struct& Describe(const Capabilities*);
const Struct& Describe(const SeLinuxOptions*);
const Struct& Describe(const SecurityProfile*);
const Struct& Describe(const SecurityContext*);
const Struct& Describe(const Sysctl*);
const Struct& Describe(const PodSecurityContext*);

const Struct& Describe(const HostPathVolumeSource*);
const Struct& Describe(const EmptyDirVolumeSource*);
const Struct& Describe(const KeyToPath*);
const Struct& Describe(const SecretVolumeSource*);
const Struct& Describe(const ConfigMapVolumeSource*);
const Struct& Describe(const DownwardApiFile*);
const Struct& Describe(const DownwardApiVolumeSource*);
const Struct& Describe(const ObjectProjection*);
const Struct& Describe(const DownwardApiProjection*);
const Struct& Describe(const ServiceAccountTokenProjection*);
const Struct& Describe(const VolumeProjection*);
const Struct& Describe(const ProjectedVolumeSource*);
const Struct& Describe(const PersistentVolumeClaimVolumeSource*);
const Struct& Describe(const ImageVolumeSource*);
const Struct& Describe(const PersistentVolumeClaimTemplate*);
const Struct& Describe(const EphemeralVolumeSource*);
const Struct& Describe(const Volume*);

const Struct& Describe(const HostAlias*);
const Struct& Describe(const PodDnsConfigOption*);
const Struct& Describe(const PodDnsConfig*);
const Struct& Describe(const PodSpec*);
const Struct& Describe(const PodTemplateSpec*);
const Struct& Describe(const Pod*);

const Struct& Describe(const ConfigMap*);
const Struct& Describe(const Secret*);
const Struct& Describe(const PersistentVolumeClaimSpec*);
const Struct& Describe(const PersistentVolumeClaim*);
const Struct& Describe(const RollingUpdateDeployment*);
const Struct& Describe(const DeploymentStrategy*);
const Struct& Describe(const DeploymentSpec*);
const Struct& Describe(const Deployment*);

const Struct& Describe(const ServicePort*);
const Struct& Describe(const ClientIpConfig*);
const Struct& Describe(const SessionAffinityConfig*);
const Struct& Describe(const ServiceSpec*);
const Struct& Describe(const Service*);
const Struct& Describe(const EndpointAddress*);
const Struct& Describe(const EndpointPort*);
const Struct& Describe(const EndpointSubset*);
const Struct& Describe(const Endpoints*);
const Struct& Describe(const EndpointConditions*);
const Struct& Describe(const SliceEndpoint*);
const Struct& Describe(const SlicePort*);
const Struct& Describe(const EndpointSlice*);

}  // namespace skiff::kube
