// hostPath volumes: the checks of their type (kube-semantics.md 6.2).
#pragma once

#include "common/result.h"
#include "pod/spec.h"

namespace skiff::pod {

// Whether the path is there (false: it is to be made). kInvalid as below.
common::Result<bool> CheckHostPath(const HostPathVolume& volume);
// Creates what the type allows to create; kInvalid in the kubelet's words for a path of another type.
common::Result<> PrepareHostPath(const HostPathVolume& volume);

}  // namespace skiff::pod
