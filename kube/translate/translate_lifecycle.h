// Probes and hooks of a container.
#pragma once

#include <string>

#include "kube/translate/translation_context.h"
#include "pod/spec.h"

namespace skiff::kube {

// `path` is the container's ("spec.containers[0]"); a port's name that the container does not have becomes a problem.
void TranslateLifecycle(const TranslationContext& context, const Container& in, const std::string& path,
                        pod::ContainerSpec& out);

}  // namespace skiff::kube
