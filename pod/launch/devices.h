// `--device HOST[:CONTAINER[:rwm]]`: from a host's device node to a container's.
#pragma once

#include <string>
#include <vector>

#include "common/result.h"
#include "runtime/oci_config.h"

namespace skiff::pod {

// A folder stands for every device node in it and below. kInvalid for something that is no device.
common::Result<std::vector<runtime::OciDevice>> ResolveDevice(const std::string& text);

}  // namespace skiff::pod
