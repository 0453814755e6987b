// Parts that decide between machines, or belong to systems that a single machine does not have: checked and kept.
#include "kube/model/codec.h"
#include "kube/model/tables/shape.h"

namespace skiff::kube {

namespace {

Type LabelSelectorType() { return Codec<LabelSelector>::Shape(); }

const Struct& NodeSelectorRequirementTable() {
  static const Struct table{"NodeSelectorRequirement", {
      S("key", StringType()).Required(),
      S("operator", StringType()).Required().OneOf({"In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"}),
      S("values", ListOf(StringType())),
  }};
  return table;
}

const Struct& NodeSelectorTermTable() {
  static const Struct table{"NodeSelectorTerm", {
      S("matchExpressions", ListOf(StructType(NodeSelectorRequirementTable))),
      S("matchFields", ListOf(StructType(NodeSelectorRequirementTable))),
  }};
  return table;
}

const Struct& NodeSelectorTable() {
  static const Struct table{"NodeSelector", {
      S("nodeSelectorTerms", ListOf(StructType(NodeSelectorTermTable))).Required(),
  }};
  return table;
}

const Struct& PreferredSchedulingTermTable() {
  static const Struct table{"PreferredSchedulingTerm", {
      S("weight", IntType()).Required().Range(1, 100),
      S("preference", StructType(NodeSelectorTermTable)).Required(),
  }};
  return table;
}

const Struct& NodeAffinityTable() {
  static const Struct table{"NodeAffinity", {
      S("requiredDuringSchedulingIgnoredDuringExecution", StructType(NodeSelectorTable)),
      S("preferredDuringSchedulingIgnoredDuringExecution", ListOf(StructType(PreferredSchedulingTermTable))),
  }};
  return table;
}

const Struct& PodAffinityTermTable() {
  static const Struct table{"PodAffinityTerm", {
      S("labelSelector", LabelSelectorType()),
      S("namespaces", ListOf(StringType())),
      S("topologyKey", StringType()).Required(),
      S("namespaceSelector", LabelSelectorType()),
      S("matchLabelKeys", ListOf(StringType())),
      S("mismatchLabelKeys", ListOf(StringType())),
  }};
  return table;
}

const Struct& WeightedPodAffinityTermTable() {
  static const Struct table{"WeightedPodAffinityTerm", {
      S("weight", IntType()).Required().Range(1, 100),
      S("podAffinityTerm", StructType(PodAffinityTermTable)).Required(),
  }};
  return table;
}

const Struct& PodAffinityTable() {
  static const Struct table{"PodAffinity", {
      S("requiredDuringSchedulingIgnoredDuringExecution", ListOf(StructType(PodAffinityTermTable))),
      S("preferredDuringSchedulingIgnoredDuringExecution", ListOf(StructType(WeightedPodAffinityTermTable))),
  }};
  return table;
}

}  // namespace

const Struct& AffinityTable() {
  static const Struct table{"Affinity", {
      S("nodeAffinity", StructType(NodeAffinityTable)),
      S("podAffinity", StructType(PodAffinityTable)),
      S("podAntiAffinity", StructType(PodAffinityTable)),
  }};
  return table;
}

const Struct& TolerationTable() {
  static const Struct table{"Toleration", {
      S("key", StringType()),
      S("operator", StringType()).OneOf({"Exists", "Equal", "Lt", "Gt"}),
      S("value", StringType()),
      S("effect", StringType()).OneOf({"NoSchedule", "PreferNoSchedule", "NoExecute"}),
      S("tolerationSeconds", LongType()),
  }};
  return table;
}

const Struct& TopologySpreadConstraintTable() {
  static const Struct table{"TopologySpreadConstraint", {
      S("maxSkew", IntType()).Required().AtLeast(1),
      S("topologyKey", StringType()).Required(),
      S("whenUnsatisfiable", StringType()).Required().OneOf({"DoNotSchedule", "ScheduleAnyway"}),
      S("labelSelector", LabelSelectorType()),
      S("minDomains", IntType()).AtLeast(1),
      S("nodeAffinityPolicy", StringType()).OneOf({"Honor", "Ignore"}),
      S("nodeTaintsPolicy", StringType()).OneOf({"Honor", "Ignore"}),
      S("matchLabelKeys", ListOf(StringType())),
  }};
  return table;
}

const Struct& PodOsTable() {
  static const Struct table{"PodOS", {S("name", StringType()).Required().OneOf({"linux", "windows"})}};
  return table;
}

const Struct& ReadinessGateTable() {
  static const Struct table{"PodReadinessGate", {S("conditionType", StringType(), Support::kEffective).Required()}};
  return table;
}

const Struct& SchedulingGateTable() {
  static const Struct table{"PodSchedulingGate", {S("name", StringType()).Required()}};
  return table;
}

const Struct& ResourceClaimReferenceTable() {
  static const Struct table{"ResourceClaim", {
      S("name", StringType()).Required(),
      S("request", StringType()),
  }};
  return table;
}

const Struct& PodResourceClaimTable() {
  static const Struct table{"PodResourceClaim", {
      S("name", StringType()).Required(),
      S("resourceClaimName", StringType()),
      S("resourceClaimTemplateName", StringType()),
  }};
  return table;
}

const Struct& SchedulingGroupTable() {
  static const Struct table{"PodSchedulingGroup", {S("podGroupName", StringType())}};
  return table;
}

const Struct& ResizePolicyTable() {
  static const Struct table{"ContainerResizePolicy", {
      S("resourceName", StringType()).Required().OneOf({"cpu", "memory"}),
      S("restartPolicy", StringType()).Required().OneOf({"NotRequired", "RestartContainer"}),
  }};
  return table;
}

const Struct& WindowsOptionsTable() {
  static const Struct table{"WindowsSecurityContextOptions", {
      S("gmsaCredentialSpecName", StringType()),
      S("gmsaCredentialSpec", StringType()),
      S("runAsUserName", StringType()),
      S("hostProcess", BoolType()),
  }};
  return table;
}

const Struct& TypedObjectReferenceTable() {
  static const Struct table{"TypedObjectReference", {
      S("apiGroup", StringType()),
      S("kind", StringType()).Required(),
      S("name", StringType()).Required(),
      S("namespace", StringType()),
  }};
  return table;
}

}  // namespace skiff::kube
