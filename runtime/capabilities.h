// Capability sets.
#pragma once

#include <string>
#include <vector>

#include "common/result.h"

namespace skiff::runtime {

// What a container gets by default, as "CAP_CHOWN": one from YAML the 14 of containerd (and Docker), another the 11 of podman,
// without MKNOD, NET_RAW and AUDIT_WRITE.
const std::vector<std::string>& DefaultCapabilities(bool from_kube);
// All that this kernel knows and that our own bounding set holds: more cannot be given to anybody.
std::vector<std::string> AllCapabilities();
// base - drop + add, "ALL" understood in both, names with or without "CAP_" in any case. kInvalid for an unknown name, with
// a suggestion; kPermission for an added one that AllCapabilities does not have.
common::Result<std::vector<std::string>> ComputeCapabilities(const std::vector<std::string>& base,
                                                             const std::vector<std::string>& add,
                                                             const std::vector<std::string>& drop);

}  // namespace skiff::runtime
