// The network namespace in which the bridges and their rules are: our own, but for a user without root that of his user namespace.
#pragma once

#include <functional>

#include "common/result.h"

namespace skiff::network {

// Runs `work` there, in a thread of its own if that is another namespace.
common::Result<> InHomeNamespace(const std::function<common::Result<>()>& work);

}  // namespace skiff::network
