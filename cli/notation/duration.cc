#include "cli/notation/duration.h"

#include <charconv>

namespace skiff::cli {

using common::ErrorCode;
using common::MakeError;
using common::Result;

namespace {

struct Unit {
  std::string_view name;
  double seconds;
};
// "ms" before "m".
constexpr Unit kUnits[] = {{"ms", 1e-3}, {"us", 1e-6}, {"ns", 1e-9}, {"s", 1},
                           {"m", 60},    {"h", 3600},  {"d", 86'400}};

}  // namespace

Result<std::chrono::nanoseconds> ParseDuration(std::string_view text) {
  const std::string_view whole = text;
  const auto bad = [whole] {
    return MakeError(ErrorCode::kInvalid, "\"{}\" is not a span of time: write it like 30s, 10m or 1h30m",
                     whole);
  };
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  if (text == "0") return std::chrono::nanoseconds(0);
  if (text.empty()) return bad();
  double total = 0;
  while (!text.empty()) {
    double number = 0;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    if (error != std::errc() || number < 0) return bad();
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    const Unit* unit = nullptr;
    for (const Unit& candidate : kUnits)
      if (unit == nullptr && text.starts_with(candidate.name)) unit = &candidate;
    if (unit == nullptr) return bad();
    text.remove_prefix(unit->name.size());
    total += number * unit->seconds;
  }
  constexpr double kMost = 9.2e9;  // seconds that fit into nanoseconds of 64 bits
  if (total > kMost) return bad();
  return std::chrono::nanoseconds(static_cast<int64_t>((negative ? -total : total) * 1e9));
}

}  // namespace skiff::cli
