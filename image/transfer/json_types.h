// Whether podman can read a JSON text of an image. Its readers are strict about the type of each member they know (and match
// names without regard to case), and one image that they cannot read makes `podman images` fail for the whole store: such an
// image must not get into it.
#pragma once

#include "common/json.h"
#include "common/result.h"

namespace skiff::image {

// kInvalid names the member.
common::Result<> CheckConfigTypes(const common::JsonValue& config);
// Of an image or an index.
common::Result<> CheckManifestTypes(const common::JsonValue& manifest);

}  // namespace skiff::image
