// The question that commands ask before they remove what nobody has named.
#pragma once

#include <string_view>

#include "common/result.h"

namespace skiff::cli {

// Prints `warning` and asks, in podman's words. True: the answer begins with "y". kInvalid: standard input ends without one.
common::Result<bool> Confirm(std::string_view warning);

}  // namespace skiff::cli
