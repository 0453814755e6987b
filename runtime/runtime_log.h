// What crun and runc say when they fail.
#pragma once

#include <string>
#include <string_view>

#include "common/error.h"

namespace skiff::runtime {

// The last error of a log written with --log-format json (one object {msg, level, time} per line); lines that
// are no JSON are taken as they are. Empty when there is none.
std::string LastLogError(std::string_view log);

// Drops the layers that runc puts around its messages.
std::string_view StripRuncLayers(std::string_view message);

// Tells a missing or unusable command of the container apart from everything else (kInternal).
common::ErrorCode ClassifyRuntimeError(std::string_view message);

}  // namespace skiff::runtime
