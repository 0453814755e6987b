// Work inside another network namespace.
#pragma once

#include <functional>

#include "common/result.h"

namespace skiff::network {

// Runs `work` in a thread of its own that enters the namespace and ends afterwards: the calling thread never
// leaves its namespace, so there is no way back that could fail.
common::Result<> InNetworkNamespace(int netns_fd, const std::function<common::Result<>()>& work);

}  // namespace skiff::network
