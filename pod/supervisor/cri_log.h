// Lines of the CRI log format: "2026-01-02T03:04:05.123456789Z stdout F text\n"; P instead of F marks a part of a line.
#pragma once

#include <string>
#include <string_view>

#include "common/clock.h"

namespace skiff::supervisor {

// Longer lines are split, as kubelet's reader expects.
inline constexpr size_t kCriLineLimit = 16 * 1024;

// Appends the complete lines at the start of `data` to `out`, parts of kCriLineLimit bytes for longer ones. Returns how
// many bytes of `data` were taken; the rest is the beginning of a line that has not ended.
size_t AppendCriLines(std::string& out, std::string_view stream, common::WallTime time, std::string_view data);

// What is left of a line whose end has not come for a while, or never will, as a part: readers join it to what follows.
void AppendCriRest(std::string& out, std::string_view stream, common::WallTime time, std::string_view rest);

}  // namespace skiff::supervisor
