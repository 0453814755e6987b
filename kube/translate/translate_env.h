// env and envFrom of a container (kube-semantics.md 5.2, 5.3).
#pragma once

#include <string>
#include <vector>

#include "common/result.h"
#include "kube/translate/translation_context.h"
#include "pod/spec.h"

namespace skiff::kube {

// `path` is the container's ("spec.containers[0]"); what cannot be resolved becomes a problem of its field.
std::vector<pod::EnvVar> TranslateEnv(const TranslationContext& context, const Container& container,
                                      const std::string& path);

// subPathExpr with the container's variables. Unknown and empty ones are errors, as are addresses, which are not known yet.
common::Result<std::string> ExpandSubPath(const std::string& expression, const std::vector<pod::EnvVar>& env);

}  // namespace skiff::kube
