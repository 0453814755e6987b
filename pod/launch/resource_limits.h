// Limits of a spec in the words of the OCI runtime.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/result.h"
#include "pod/spec.h"
#include "runtime/cgroup.h"
#include "runtime/oci_config.h"

namespace skiff::pod {

// Values that nobody asked for (the least cpu weight, the default limit of processes) are left out where the machine has no
// controller for them.
runtime::OciResources ToOciResources(const Resources& resources, const runtime::CgroupSupport& support);

// "nofile" -> "1024:2048" or "1024"; "-1" and "unlimited" mean no limit. kInvalid names an unknown limit.
common::Result<std::vector<runtime::OciRlimit>> ToOciRlimits(const std::map<std::string, std::string>& ulimits);

}  // namespace skiff::pod
