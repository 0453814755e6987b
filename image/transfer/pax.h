// pax extended header records: "25 ctime=1084839148.1212\n".
#pragma once

#include <ctime>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "common/result.h"

namespace skiff::image {

// kInvalid: not such records.
common::Result<std::map<std::string, std::string>> ParsePaxRecords(std::string_view text);
// Seconds since the epoch with a fraction, possibly negative.
std::optional<timespec> ParsePaxTime(std::string_view text);
std::optional<int64_t> ParsePaxInteger(std::string_view text);

}  // namespace skiff::image
