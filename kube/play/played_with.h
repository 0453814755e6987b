// What `kube play --network --publish` said of a Deployment, kept in an annotation of the stored object: `kube scale` and
// the replacement of a deleted pod make further pods the same way.
#pragma once

#include <optional>
#include <vector>

#include "common/result.h"
#include "kube/model/types/object.h"
#include "pod/spec.h"

namespace skiff::kube {

struct PlayedWith {
  std::optional<pod::NetworkSpec> network;
  std::vector<pod::PortMapping> ports;
};

// Empty settings remove the annotation.
void RecordPlayedWith(const PlayedWith& settings, ObjectMeta& metadata);
// Without annotation: empty. kInvalid: the annotation is not ours.
common::Result<PlayedWith> ReadPlayedWith(const ObjectMeta& metadata);

}  // namespace skiff::kube
