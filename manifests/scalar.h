// What a scalar of YAML 1.1 means to Kubernetes.
#pragma once

#include <string>

#include "kube/model/value.h"

namespace skiff::manifests {

// A plain (unquoted) scalar: null, a boolean (yes, no, on and off too), a number (0644 is octal), else a
// string.
kube::Value ResolvePlainScalar(const std::string& text);
// True when the text, written plain, would be read back as this very string.
bool IsPlainString(const std::string& text);

}  // namespace skiff::manifests
