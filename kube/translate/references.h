// The objects that a pod refers to by name.
#pragma once

#include <set>
#include <string>

#include "kube/model/types/pod.h"
#include "kube/play/object_key.h"

namespace skiff::kube {

// ConfigMaps, Secrets and claims, optional ones too.
std::set<ObjectKey> ReferencesOf(const PodSpec& spec, const std::string& kube_namespace);

}  // namespace skiff::kube
