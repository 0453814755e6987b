#include "kube/model/codec.h"
#include "kube/model/rules.h"
#include "kube/model/tables/shape.h"

namespace skiff::kube {

using enum Support;

const Struct& Describe(const OwnerReference*) {
  static const Struct table{"OwnerReference", {
      F<&OwnerReference::api_version>("apiVersion").Required(),
      F<&OwnerReference::kind>("kind").Required(),
      F<&OwnerReference::name>("name").Required(),
      F<&OwnerReference::uid>("uid").Required(),
      F<&OwnerReference::controller>("controller"),
      F<&OwnerReference::block_owner_deletion>("blockOwnerDeletion"),
  }};
  return table;
}

const Struct& Describe(const ObjectMeta*) {
  static const Struct table{"ObjectMeta", {
      F<&ObjectMeta::name>("name").Check(CheckDnsSubdomain),
      F<&ObjectMeta::generate_name>("generateName"),
      F<&ObjectMeta::kube_namespace>("namespace").Check(CheckDnsLabel),
      F<&ObjectMeta::uid>("uid", kServer),
      F<&ObjectMeta::creation_timestamp>("creationTimestamp", kServer),
      F<&ObjectMeta::labels>("labels").CheckEach(QualifiedNameDetail, LabelValueDetail),
      F<&ObjectMeta::annotations>("annotations").CheckEach(AnnotationKeyDetail).Check(CheckAnnotations),
      F<&ObjectMeta::owner_references>("ownerReferences", kAccepted),
      F<&ObjectMeta::finalizers>("finalizers", kAccepted),
      S("selfLink", StringType(), kServer),
      S("resourceVersion", StringType(), kServer),
      S("generation", LongType(), kServer),
      S("deletionTimestamp", StringType(), kServer),
      S("deletionGracePeriodSeconds", LongType(), kServer),
      S("managedFields", AnyType(), kServer),
  }};
  return table;
}

const Struct& Describe(const LabelSelectorRequirement*) {
  static const Struct table{"LabelSelectorRequirement", {
      F<&LabelSelectorRequirement::key>("key").Required(),
      F<&LabelSelectorRequirement::op>("operator").Required().OneOf({"In", "NotIn", "Exists", "DoesNotExist"}),
      F<&LabelSelectorRequirement::values>("values"),
  }};
  return table;
}

const Struct& Describe(const LabelSelector*) {
  static const Struct table{"LabelSelector", {
      F<&LabelSelector::match_labels>("matchLabels").CheckEach(QualifiedNameDetail, LabelValueDetail),
      F<&LabelSelector::match_expressions>("matchExpressions"),
  }};
  return table;
}

const Struct& Describe(const LocalObjectReference*) {
  static const Struct table{"LocalObjectReference", {
      F<&LocalObjectReference::name>("name"),
  }};
  return table;
}

}  // namespace skiff::kube
