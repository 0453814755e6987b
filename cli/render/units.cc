#include "cli/render/units.h"

#include <fmt/format.h>

#include "common/clock.h"

namespace skiff::cli {

namespace {
constexpr int64_t kGoZeroTime = -62135596800;  // 0001-01-01
}

std::string HumanSize(int64_t bytes) {
  static constexpr const char* kUnits[] = {"B", "kB", "MB", "GB", "TB", "PB"};
  double value = static_cast<double>(bytes);
  size_t unit = 0;
  while (value >= 1000 && unit + 1 < std::size(kUnits)) {
    value /= 1000;
    ++unit;
  }
  return fmt::format("{:.3g} {}", value, kUnits[unit]);
}

std::string ShortId(std::string_view id) { return std::string(id.substr(0, 12)); }

std::string HumanSince(std::string_view rfc3339) {
  const auto time = common::ParseTime(rfc3339);
  return time ? common::HumanAgo(common::Now() - *time) : "";
}

int64_t UnixSeconds(std::string_view rfc3339) {
  const auto time = common::ParseTime(rfc3339);
  if (!time) return kGoZeroTime;
  return std::chrono::duration_cast<std::chrono::seconds>(time->time_since_epoch()).count();
}

std::string TimeOrZero(std::string_view rfc3339) {
  return rfc3339.empty() ? "0001-01-01T00:00:00Z" : std::string(rfc3339);
}

size_t DisplayWidth(std::string_view text) {
  size_t width = 0;
  for (const char c : text) width += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return width;
}

}  // namespace skiff::cli
