// The status of a Deployment, from its pods (kube-semantics.md 10).
#pragma once

#include <vector>

#include "common/clock.h"
#include "kube/model/value.h"

namespace skiff::kube {

// `pods`: Pods with their status; those of other owners are left out.
Value DeploymentStatusOf(const Value& deployment, const std::vector<Value>& pods, common::WallTime now);

// PodTemplateHash of its template: what its newest pods have as a label.
std::string TemplateHash(const Value& deployment);

}  // namespace skiff::kube
