// Volumes and their mounts (kube-semantics.md 6).
#pragma once

#include <string>
#include <vector>

#include "kube/translate/translation_context.h"
#include "pod/spec.h"

namespace skiff::kube {

// hostPath volumes have to be absolute already. What cannot be resolved or provided becomes a problem of its field.
std::vector<pod::Volume> TranslateVolumes(const TranslationContext& context);

// `env` is the container's, for subPathExpr; `path` its path in the manifest.
std::vector<pod::VolumeMount> TranslateMounts(const TranslationContext& context, const Container& container,
                                              const std::vector<pod::EnvVar>& env, const std::string& path);

}  // namespace skiff::kube
