// Copies a directory tree with everything that an image can hold: owners, modes, times, links, devices, attributes.
#pragma once

#include <string>

#include "common/result.h"

namespace skiff::pod {

// The content of `source`, and its owner and mode, into the existing directory `target`.
common::Result<> CopyTree(const std::string& source, const std::string& target);

}  // namespace skiff::pod
