#include "image/transfer/pax.h"

#include <charconv>
#include <cstdint>

namespace skiff::image {

using common::ErrorCode;
using common::MakeError;
using common::Result;

Result<std::map<std::string, std::string>> ParsePaxRecords(std::string_view text) {
  const auto fail = [] { return MakeError(ErrorCode::kInvalid, "a pax header is malformed"); };
  std::map<std::string, std::string> records;
  while (!text.empty()) {
    size_t length = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
    const size_t digits = static_cast<size_t>(end - text.data());
    if (error != std::errc() || digits >= text.size() || text[digits] != ' ' || length <= digits + 2 || length > text.size())
      return fail();
    const std::string_view record = text.substr(digits + 1, length - digits - 1);
    const size_t equals = record.find('=');
    if (record.back() != '\n' || equals == std::string_view::npos || equals == 0) return fail();
    records[std::string(record.substr(0, equals))] = record.substr(equals + 1, record.size() - equals - 2);
    text.remove_prefix(length);
  }
  return records;
}

std::optional<int64_t> ParsePaxInteger(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<timespec> ParsePaxTime(std::string_view text) {
  const size_t dot = text.find('.');
  const auto seconds = ParsePaxInteger(text.substr(0, dot));
  if (!seconds) return std::nullopt;
  int64_t nanoseconds = 0, unit = 100'000'000;
  if (dot != std::string_view::npos)
    for (const char c : text.substr(dot + 1)) {
      if (c < '0' || c > '9') return std::nullopt;
      nanoseconds += (c - '0') * unit;
      unit /= 10;
    }
  timespec time{static_cast<time_t>(*seconds), static_cast<long>(nanoseconds)};
  if (text.front() == '-' && nanoseconds > 0) {
    --time.tv_sec;
    time.tv_nsec = 1'000'000'000 - nanoseconds;
  }
  return time;
}

}  // namespace skiff::image
