#include "kube/model/kinds.h"

#include <algorithm>
#include <array>

namespace skiff::kube {

namespace {

struct KnownKind {
  std::string_view kind;
  std::string_view api_version;
  bool supported = false;
};

constexpr std::array kKinds{
    KnownKind{"Pod", "v1", true},
    KnownKind{"Deployment", "apps/v1", true},
    KnownKind{"ConfigMap", "v1", true},
    KnownKind{"Secret", "v1", true},
    KnownKind{"PersistentVolumeClaim", "v1", true},
    KnownKind{"Service", "v1", true},
    KnownKind{"Namespace", "v1"},
    KnownKind{"ServiceAccount", "v1"},
    KnownKind{"PersistentVolume", "v1"},
    KnownKind{"Endpoints", "v1", true},
    KnownKind{"EndpointSlice", "discovery.k8s.io/v1", true},
    KnownKind{"ReplicationController", "v1"},
    KnownKind{"PodTemplate", "v1"},
    KnownKind{"LimitRange", "v1"},
    KnownKind{"ResourceQuota", "v1"},
    KnownKind{"Event", "v1"},
    KnownKind{"Node", "v1"},
    KnownKind{"ReplicaSet", "apps/v1"},
    KnownKind{"StatefulSet", "apps/v1"},
    KnownKind{"DaemonSet", "apps/v1"},
    KnownKind{"ControllerRevision", "apps/v1"},
    KnownKind{"Job", "batch/v1"},
    KnownKind{"CronJob", "batch/v1"},
    KnownKind{"Ingress", "networking.k8s.io/v1"},
    KnownKind{"IngressClass", "networking.k8s.io/v1"},
    KnownKind{"NetworkPolicy", "networking.k8s.io/v1"},
    KnownKind{"HorizontalPodAutoscaler", "autoscaling/v2"},
    KnownKind{"PodDisruptionBudget", "policy/v1"},
    KnownKind{"Role", "rbac.authorization.k8s.io/v1"},
    KnownKind{"RoleBinding", "rbac.authorization.k8s.io/v1"},
    KnownKind{"ClusterRole", "rbac.authorization.k8s.io/v1"},
    KnownKind{"ClusterRoleBinding", "rbac.authorization.k8s.io/v1"},
    KnownKind{"StorageClass", "storage.k8s.io/v1"},
    KnownKind{"CSIDriver", "storage.k8s.io/v1"},
    KnownKind{"PriorityClass", "scheduling.k8s.io/v1"},
    KnownKind{"RuntimeClass", "node.k8s.io/v1"},
    KnownKind{"Lease", "coordination.k8s.io/v1"},
    KnownKind{"CustomResourceDefinition", "apiextensions.k8s.io/v1"},
    KnownKind{"APIService", "apiregistration.k8s.io/v1"},
    KnownKind{"MutatingWebhookConfiguration", "admissionregistration.k8s.io/v1"},
    KnownKind{"ValidatingWebhookConfiguration", "admissionregistration.k8s.io/v1"},
};

const KnownKind* Find(std::string_view kind) {
  const auto found =
      std::find_if(kKinds.begin(), kKinds.end(), [&](const KnownKind& k) { return k.kind == kind; });
  return found == kKinds.end() ? nullptr : found;
}

// Groups of Kubernetes itself have no dot or end in k8s.io.
bool IsCustomGroup(std::string_view api_version) {
  const size_t slash = api_version.find('/');
  if (slash == api_version.npos) return false;
  const std::string_view group = api_version.substr(0, slash);
  return group.find('.') != group.npos && !group.ends_with(".k8s.io");
}

}  // namespace

KindStatus LookUpKind(std::string_view kind, std::string_view api_version) {
  if (IsCustomGroup(api_version)) return KindStatus::kCustom;
  const KnownKind* known = Find(kind);
  if (known == nullptr) return KindStatus::kUnknown;
  const bool old_autoscaler = kind == "HorizontalPodAutoscaler" && api_version == "autoscaling/v1";
  if (known->api_version != api_version && !old_autoscaler) return KindStatus::kUnknownVersion;
  return known->supported ? KindStatus::kSupported : KindStatus::kNotSupported;
}

std::string_view CurrentApiVersion(std::string_view kind) {
  const KnownKind* known = Find(kind);
  return known == nullptr ? std::string_view() : known->api_version;
}

std::vector<std::string_view> KnownKinds() {
  std::vector<std::string_view> kinds;
  for (const KnownKind& known : kKinds) kinds.push_back(known.kind);
  return kinds;
}

}  // namespace skiff::kube
