// securityContext of pod and container as the kernel's settings (kube-semantics.md 8).
#pragma once

#include <map>
#include <string>

#include "kube/translate/translation_context.h"
#include "pod/spec.h"

namespace skiff::kube {

// The container's fields win over the pod's.
pod::SecurityContext TranslateSecurity(const PodSpec& spec, const Container& container);

// Names with dots. Those that are not safe, or not the pod's own as it shares the host's namespace, become problems.
std::map<std::string, std::string> TranslateSysctls(const TranslationContext& context);

}  // namespace skiff::kube
