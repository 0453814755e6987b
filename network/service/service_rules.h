// Puts the Service ports into the kernel.
#pragma once

#include <string>
#include <vector>

#include "common/system_paths.h"
#include "network/service/service.h"

namespace skiff::network {

// The packets go where `rules` say, as of now and all at once; connections that exist stay with their endpoint. UDP has
// none, so its flows to endpoints that have gone are forgotten. Nothing is done when nothing has changed. Without any
// Service (`any` false) nothing of it is left in the kernel. Callers take turns by a lock of their own.
common::Result<> ApplyServiceRules(const common::SystemPaths& paths, const std::vector<ServiceRule>& rules, bool any);

}  // namespace skiff::network
