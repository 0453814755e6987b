// Device nodes for privileged containers.
#pragma once

#include <string>
#include <vector>

#include "common/result.h"
#include "runtime/oci_config.h"

namespace skiff::runtime {

// Every device node below `dev_root` with its owner and mode, sorted by path, except those that the runtime
// makes in each container anyway and the mounts that each container has of its own (pts, shm, mqueue).
common::Result<std::vector<OciDevice>> HostDevices(const std::string& dev_root = "/dev");

}  // namespace skiff::runtime
