// Sizes, ages and ids for people.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace skiff::cli {

// "2.13 MB": decimal units, three significant digits, as docker images.
std::string HumanSize(int64_t bytes);
// The first 12 digits.
std::string ShortId(std::string_view id);
// The time until now in the words of docker ps ("2 hours ago"); empty when `rfc3339` is empty or not a time.
std::string HumanSince(std::string_view rfc3339);
// Seconds since 1970; -62135596800 (Go's zero time) when empty, as podman prints it.
int64_t UnixSeconds(std::string_view rfc3339);
// The time itself, or Go's zero time when empty.
std::string TimeOrZero(std::string_view rfc3339);
// Columns that the UTF-8 text takes on a terminal, counting one per character.
size_t DisplayWidth(std::string_view text);

}  // namespace skiff::cli
