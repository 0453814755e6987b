// Numbers with units, as flags take them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/result.h"

namespace skiff::cli {

// "512m", "1.5g", "1048576": binary units b, k, m, g, t in any case, also "MiB" and "mb". kInvalid otherwise.
common::Result<int64_t> ParseBytes(std::string_view text);
// "1.5" CPUs to microseconds of CPU time per 100 ms; 0 stays 0.
common::Result<int64_t> ParseCpusToQuota(std::string_view text);
common::Result<int64_t> ParseInteger(std::string_view text, int64_t least, int64_t most);
// "SIGTERM", "term", "15".
common::Result<int> ParseSignal(std::string_view text);
std::string SignalName(int signal);  // "SIGTERM"

}  // namespace skiff::cli
