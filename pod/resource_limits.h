// Limits of a spec in the words of the OCI runtime.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/result.h"
#include "pod/spec.h"
#include "runtime/oci_config.h"

namespace skiff::pod {

// `unified`: only cgroup v2 is mounted, so that its own files can be set too.
runtime::OciResources ToOciResources(const Resources& resources, bool unified);

// "nofile" -> "1024:2048" or "1024"; "-1" and "unlimited" mean no limit. kInvalid names an unknown limit.
common::Result<std::vector<runtime::OciRlimit>> ToOciRlimits(const std::map<std::string, std::string>& ulimits);

}  // namespace skiff::pod
