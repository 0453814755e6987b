// The "linux" section of config.json.
#pragma once

#include "common/json.h"
#include "common/result.h"
#include "runtime/oci_config.h"

namespace skiff::runtime {

common::Result<common::JsonValue> LinuxSection(common::JsonBuilder& builder, const OciInput& input);

}  // namespace skiff::runtime
