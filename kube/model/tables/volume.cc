#include "kube/model/codec.h"
#include "kube/model/rules.h"
#include "kube/model/tables/shape.h"

namespace skiff::kube {

using enum Support;

namespace {
constexpr int64_t kDefaultMode = 0644;
}

const Struct& Describe(const HostPathVolumeSource*) {
  static const Struct table{"HostPathVolumeSource", {
      F<&HostPathVolumeSource::path>("path").Required().Check(CheckNoBackSteps),
      F<&HostPathVolumeSource::type>("type").OneOf({"", "DirectoryOrCreate", "Directory", "FileOrCreate", "File",
                                                    "Socket", "CharDevice", "BlockDevice"}),
  }};
  return table;
}

const Struct& Describe(const EmptyDirVolumeSource*) {
  static const Struct table{"EmptyDirVolumeSource", {
      F<&EmptyDirVolumeSource::medium>("medium").OneOf({"", "Memory"}),
      F<&EmptyDirVolumeSource::size_limit>("sizeLimit").Check(CheckNonNegative),
  }};
  return table;
}

const Struct& Describe(const KeyToPath*) {
  static const Struct table{"KeyToPath", {
      F<&KeyToPath::key>("key").Required(),
      F<&KeyToPath::path>("path").Required().Check(CheckProjectedPath),
      F<&KeyToPath::mode>("mode").Check(CheckMode),
  }};
  return table;
}

const Struct& Describe(const SecretVolumeSource*) {
  static const Struct table{"SecretVolumeSource", {
      F<&SecretVolumeSource::secret_name>("secretName").Required(),
      F<&SecretVolumeSource::items>("items"),
      F<&SecretVolumeSource::default_mode>("defaultMode").Default(kDefaultMode).Check(CheckMode),
      F<&SecretVolumeSource::optional>("optional"),
  }};
  return table;
}

const Struct& Describe(const ConfigMapVolumeSource*) {
  static const Struct table{"ConfigMapVolumeSource", {
      F<&ConfigMapVolumeSource::name>("name").Required(),
      F<&ConfigMapVolumeSource::items>("items"),
      F<&ConfigMapVolumeSource::default_mode>("defaultMode").Default(kDefaultMode).Check(CheckMode),
      F<&ConfigMapVolumeSource::optional>("optional"),
  }};
  return table;
}

const Struct& Describe(const DownwardApiFile*) {
  static const Struct table{"DownwardAPIVolumeFile", {
      F<&DownwardApiFile::path>("path").Required().Check(CheckProjectedPath),
      F<&DownwardApiFile::field_ref>("fieldRef"),
      F<&DownwardApiFile::resource_field_ref>("resourceFieldRef"),
      F<&DownwardApiFile::mode>("mode").Check(CheckMode),
  }};
  return table;
}

const Struct& Describe(const DownwardApiVolumeSource*) {
  static const Struct table{"DownwardAPIVolumeSource", {
      F<&DownwardApiVolumeSource::items>("items"),
      F<&DownwardApiVolumeSource::default_mode>("defaultMode").Default(kDefaultMode).Check(CheckMode),
  }};
  return table;
}

const Struct& Describe(const ObjectProjection*) {
  static const Struct table{"ObjectProjection", {
      F<&ObjectProjection::name>("name").Required(),
      F<&ObjectProjection::items>("items"),
      F<&ObjectProjection::optional>("optional"),
  }};
  return table;
}

const Struct& Describe(const DownwardApiProjection*) {
  static const Struct table{"DownwardAPIProjection", {
      F<&DownwardApiProjection::items>("items"),
  }};
  return table;
}

const Struct& Describe(const ServiceAccountTokenProjection*) {
  static const Struct table{"ServiceAccountTokenProjection", {
      F<&ServiceAccountTokenProjection::audience>("audience"),
      F<&ServiceAccountTokenProjection::expiration_seconds>("expirationSeconds").Default(int64_t{3600}).AtLeast(600),
      F<&ServiceAccountTokenProjection::path>("path").Required().Check(CheckProjectedPath),
  }};
  return table;
}

const Struct& Describe(const VolumeProjection*) {
  static const Struct table{"VolumeProjection", {
      F<&VolumeProjection::secret>("secret"),
      F<&VolumeProjection::config_map>("configMap"),
      F<&VolumeProjection::downward_api>("downwardAPI"),
      F<&VolumeProjection::service_account_token>("serviceAccountToken", kRefused),
      F<&VolumeProjection::cluster_trust_bundle>("clusterTrustBundle", kRefused),
      F<&VolumeProjection::pod_certificate>("podCertificate", kRefused),
  }};
  return table;
}

const Struct& Describe(const ProjectedVolumeSource*) {
  static const Struct table{"ProjectedVolumeSource", {
      F<&ProjectedVolumeSource::sources>("sources"),
      F<&ProjectedVolumeSource::default_mode>("defaultMode").Default(kDefaultMode).Check(CheckMode),
  }};
  return table;
}

const Struct& Describe(const PersistentVolumeClaimVolumeSource*) {
  static const Struct table{"PersistentVolumeClaimVolumeSource", {
      F<&PersistentVolumeClaimVolumeSource::claim_name>("claimName").Required().Check(CheckDnsSubdomain),
      F<&PersistentVolumeClaimVolumeSource::read_only>("readOnly"),
  }};
  return table;
}

const Struct& Describe(const ImageVolumeSource*) {
  static const Struct table{"ImageVolumeSource", {
      F<&ImageVolumeSource::reference>("reference").Required(),
      F<&ImageVolumeSource::pull_policy>("pullPolicy").OneOf({"Always", "IfNotPresent", "Never"}),
  }};
  return table;
}

const Struct& Describe(const PersistentVolumeClaimTemplate*) {
  static const Struct table{"PersistentVolumeClaimTemplate", {
      F<&PersistentVolumeClaimTemplate::metadata>("metadata"),
      F<&PersistentVolumeClaimTemplate::spec>("spec").Required(),
  }};
  return table;
}

const Struct& Describe(const EphemeralVolumeSource*) {
  static const Struct table{"EphemeralVolumeSource", {
      F<&EphemeralVolumeSource::volume_claim_template>("volumeClaimTemplate").Required(),
  }};
  return table;
}

const Struct& Describe(const Volume*) {
  static const Struct table = [] {
    Struct fields{"Volume", {
        F<&Volume::name>("name").Required().Check(CheckDnsLabel),
        F<&Volume::host_path>("hostPath"),
        F<&Volume::empty_dir>("emptyDir"),
        F<&Volume::secret>("secret"),
        F<&Volume::config_map>("configMap"),
        F<&Volume::projected>("projected"),
        F<&Volume::downward_api>("downwardAPI"),
        F<&Volume::persistent_volume_claim>("persistentVolumeClaim"),
        F<&Volume::image>("image", kRefused).Note("copy the files in an init container"),
        F<&Volume::ephemeral>("ephemeral").Note("a folder that goes with the pod"),
    }};
    for (Field& field : RemoteVolumeFields()) fields.fields.push_back(std::move(field));
    return fields;
  }();
  return table;
}

}  // namespace skiff::kube
