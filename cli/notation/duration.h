// Spans of time as flags take them.
#pragma once

#include <chrono>
#include <string_view>

#include "common/result.h"

namespace skiff::cli {

// Go's notation: "1h30m", "90s", "1.5s", "200ms", "2d", "-1s", "0". kInvalid otherwise.
common::Result<std::chrono::nanoseconds> ParseDuration(std::string_view text);

}  // namespace skiff::cli
