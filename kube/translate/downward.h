// The downward API: fields and resources of the pod as values (kube-semantics.md 5.4).
#pragma once

#include <string>

#include "common/result.h"
#include "kube/model/types/container.h"
#include "kube/translate/translation_context.h"
#include "pod/spec.h"

namespace skiff::kube {

// `source` is not kLiteral for addresses, which are known only when the pod starts.
struct FieldValue {
  std::string value;
  pod::EnvVar::Source source = pod::EnvVar::Source::kLiteral;
};

// For environment variables: metadata and spec fields, addresses. kInvalid: no such field there.
common::Result<FieldValue> EnvField(const TranslationContext& context, const std::string& field_path);
// For volume files: metadata only, labels and annotations also as a whole.
common::Result<std::string> VolumeField(const TranslationContext& context, const std::string& field_path);
// `own` is meant when the selector names no container; null in volumes. An absent limit is what the node has.
common::Result<std::string> ResourceField(const TranslationContext& context, const ResourceFieldSelector& selector,
                                          const Container* own);

}  // namespace skiff::kube
