#include "kube/model/codec.h"
#include "kube/model/rules.h"
#include "kube/model/tables/shape.h"

namespace skiff::kube {

using enum Support;

const Struct& Describe(const PersistentVolumeClaimSpec*) {
  static const Struct table{"PersistentVolumeClaimSpec", {
      F<&PersistentVolumeClaimSpec::access_modes>("accessModes").Required()
          .Note("checked; one machine gives every mode"),
      F<&PersistentVolumeClaimSpec::selector>("selector", kNotYet),
      F<&PersistentVolumeClaimSpec::resources>("resources").Note("checked; the size is not enforced"),
      F<&PersistentVolumeClaimSpec::volume_name>("volumeName", kNotYet),
      F<&PersistentVolumeClaimSpec::storage_class_name>("storageClassName", kAccepted)
          .Note("every class is a folder on this machine"),
      F<&PersistentVolumeClaimSpec::volume_mode>("volumeMode").Default("Filesystem").OneOf({"Filesystem", "Block"}),
      F<&PersistentVolumeClaimSpec::data_source>("dataSource", StructType(TypedObjectReferenceTable), kNotYet),
      F<&PersistentVolumeClaimSpec::data_source_ref>("dataSourceRef", StructType(TypedObjectReferenceTable), kNotYet),
      F<&PersistentVolumeClaimSpec::volume_attributes_class_name>("volumeAttributesClassName", kAccepted),
  }};
  return table;
}

const Struct& Describe(const PersistentVolumeClaim*) {
  static const Struct table{"PersistentVolumeClaim", {
      S("apiVersion", StringType(), kEffective),
      S("kind", StringType(), kEffective),
      F<&PersistentVolumeClaim::metadata>("metadata").Required(),
      F<&PersistentVolumeClaim::spec>("spec").Required(),
      S("status", AnyType(), kServer),
  }};
  return table;
}

const Struct& Describe(const RollingUpdateDeployment*) {
  static const Struct table{"RollingUpdateDeployment", {
      F<&RollingUpdateDeployment::max_unavailable>("maxUnavailable", kNotYet).Default("25%").Check(CheckCountOrPercent),
      F<&RollingUpdateDeployment::max_surge>("maxSurge", kNotYet).Default("25%").Check(CheckCountOrPercent),
  }};
  return table;
}

const Struct& Describe(const DeploymentStrategy*) {
  static const Struct table{"DeploymentStrategy", {
      F<&DeploymentStrategy::type>("type", kNotYet).Default("RollingUpdate").OneOf({"Recreate", "RollingUpdate"}),
      F<&DeploymentStrategy::rolling_update>("rollingUpdate"),
  }};
  return table;
}

const Struct& Describe(const DeploymentSpec*) {
  static const Struct table{"DeploymentSpec", {
      F<&DeploymentSpec::replicas>("replicas").Default(int64_t{1}).AtLeast(0),
      F<&DeploymentSpec::selector>("selector").Required(),
      F<&DeploymentSpec::pod_template>("template").Required(),
      F<&DeploymentSpec::strategy>("strategy"),
      F<&DeploymentSpec::min_ready_seconds>("minReadySeconds", kNotYet).AtLeast(0),
      F<&DeploymentSpec::revision_history_limit>("revisionHistoryLimit", kNotYet).Default(int64_t{10}).AtLeast(0),
      F<&DeploymentSpec::paused>("paused", kNotYet).Harmless(false),
      F<&DeploymentSpec::progress_deadline_seconds>("progressDeadlineSeconds", kNotYet).Default(int64_t{600}).AtLeast(1),
  }};
  return table;
}

const Struct& Describe(const Deployment*) {
  static const Struct table{"Deployment", {
      S("apiVersion", StringType(), kEffective),
      S("kind", StringType(), kEffective),
      F<&Deployment::metadata>("metadata").Required(),
      F<&Deployment::spec>("spec").Required(),
      S("status", AnyType(), kServer),
  }};
  return table;
}

}  // namespace skiff::kube
