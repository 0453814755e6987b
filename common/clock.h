// Time as text.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "common/result.h"

namespace skiff::common {

using WallTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::nanoseconds>;

WallTime Now();
// RFC 3339 in UTC: "2026-01-02T03:04:05Z", or with nine decimals: "2026-01-02T03:04:05.000000000Z".
std::string FormatTime(WallTime time, bool nanoseconds = false);
// Accepts RFC 3339 with any number of decimals and any offset.
Result<WallTime> ParseTime(std::string_view text);
// "5 seconds ago", "About a minute ago", "2 hours ago" (the words of docker ps).
std::string HumanAgo(std::chrono::nanoseconds age);
// Kubernetes' short form: "5s", "3m12s", "2h", "4d3h".
std::string ShortAge(std::chrono::nanoseconds age);

}  // namespace skiff::common
