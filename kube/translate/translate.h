// A Kubernetes pod as pod::PodSpec: everything resolved that can be before the pod starts.
#pragma once

#include "kube/translate/translation_context.h"
#include "pod/spec.h"

namespace skiff::kube {

// Without owner and revision. What is wrong goes to context.problems; the result is to be used only if there are no errors.
pod::PodSpec TranslatePod(const TranslationContext& context);

// spec.hostname, else the pod's name cut to 63 characters; the node's with hostNetwork.
std::string PodHostname(const TranslationContext& context);

}  // namespace skiff::kube
