#include "common/clock.h"

#include <cctype>
#include <charconv>
#include <ctime>

namespace skiff::common {
namespace {

using std::chrono::duration_cast;
using std::chrono::nanoseconds;
using std::chrono::seconds;

// Reads exactly `count` digits at the front of `text` and drops them; -1 if they are not there.
int TakeDigits(std::string_view& text, size_t count) {
  int value = 0;
  if (text.size() < count) return -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + count, value);
  if (error != std::errc() || end != text.data() + count || value < 0) return -1;
  text.remove_prefix(count);
  return value;
}

bool TakeChar(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

// Decimals of a second as nanoseconds; digits past the ninth are cut.
int64_t TakeFraction(std::string_view& text) {
  int64_t value = 0, unit = 100'000'000;
  while (!text.empty() && std::isdigit(static_cast<unsigned char>(text.front()))) {
    value += (text.front() - '0') * unit;
    unit /= 10;
    text.remove_prefix(1);
  }
  return value;
}

}  // namespace

WallTime Now() { return std::chrono::time_point_cast<nanoseconds>(std::chrono::system_clock::now()); }

std::string FormatTime(WallTime time, bool with_nanoseconds) {
  const int64_t total = time.time_since_epoch().count();
  int64_t whole = total / 1'000'000'000, fraction = total % 1'000'000'000;
  if (fraction < 0) {
    --whole;
    fraction += 1'000'000'000;
  }
  const time_t as_time_t = whole;
  tm parts{};
  ::gmtime_r(&as_time_t, &parts);
  const auto date = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", parts.tm_year + 1900, parts.tm_mon + 1,
                                parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
  return with_nanoseconds ? fmt::format("{}.{:09}Z", date, fraction) : date + "Z";
}

Result<WallTime> ParseTime(std::string_view text) {
  std::string_view rest = text;
  tm parts{};
  const auto fail = [&] { return MakeError(ErrorCode::kInvalid, "\"{}\" is not an RFC 3339 time", text); };
  if ((parts.tm_year = TakeDigits(rest, 4)) < 0 || !TakeChar(rest, "-")) return fail();
  if ((parts.tm_mon = TakeDigits(rest, 2)) < 1 || !TakeChar(rest, "-")) return fail();
  if ((parts.tm_mday = TakeDigits(rest, 2)) < 1 || !TakeChar(rest, "Tt ")) return fail();
  if ((parts.tm_hour = TakeDigits(rest, 2)) < 0 || !TakeChar(rest, ":")) return fail();
  if ((parts.tm_min = TakeDigits(rest, 2)) < 0 || !TakeChar(rest, ":")) return fail();
  if ((parts.tm_sec = TakeDigits(rest, 2)) < 0) return fail();
  const int64_t fraction = TakeChar(rest, ".") ? TakeFraction(rest) : 0;
  int64_t offset = 0;
  if (!TakeChar(rest, "Zz")) {
    const int sign = !rest.empty() && rest.front() == '-' ? -1 : 1;
    if (!TakeChar(rest, "+-")) return fail();
    const int hours = TakeDigits(rest, 2);
    if (hours < 0 || !TakeChar(rest, ":")) return fail();
    const int minutes = TakeDigits(rest, 2);
    if (minutes < 0) return fail();
    offset = sign * (hours * 3600 + minutes * 60);
  }
  if (!rest.empty()) return fail();
  parts.tm_year -= 1900;
  parts.tm_mon -= 1;
  return WallTime(seconds(::timegm(&parts) - offset) + nanoseconds(fraction));
}

std::string HumanAgo(nanoseconds age) {
  const int64_t s = std::max<int64_t>(0, duration_cast<seconds>(age).count());
  if (s < 1) return "Less than a second ago";
  if (s == 1) return "1 second ago";
  if (s < 60) return fmt::format("{} seconds ago", s);
  if (s < 120) return "About a minute ago";
  if (s < 3600) return fmt::format("{} minutes ago", s / 60);
  if (s < 7200) return "About an hour ago";
  if (s < 48 * 3600) return fmt::format("{} hours ago", s / 3600);
  if (s < 14 * 86400) return fmt::format("{} days ago", s / 86400);
  if (s < 60 * 86400) return fmt::format("{} weeks ago", s / (7 * 86400));
  if (s < 730 * 86400) return fmt::format("{} months ago", s / (30 * 86400));
  return fmt::format("{} years ago", s / (365 * 86400));
}

std::string ShortAge(nanoseconds age) {
  const int64_t s = std::max<int64_t>(0, duration_cast<seconds>(age).count());
  const auto two = [](int64_t large, char large_unit, int64_t small, char small_unit) {
    return small == 0 ? fmt::format("{}{}", large, large_unit) : fmt::format("{}{}{}{}", large, large_unit, small, small_unit);
  };
  constexpr int64_t kHour = 3600;
  constexpr int64_t kDay = 24 * kHour;
  constexpr int64_t kYear = 365 * kDay;
  if (s < 120) return fmt::format("{}s", s);
  if (s < 600) return two(s / 60, 'm', s % 60, 's');
  if (s < 3 * kHour) return fmt::format("{}m", s / 60);
  if (s < 8 * kHour) return two(s / kHour, 'h', s / 60 % 60, 'm');
  if (s < 2 * kDay) return fmt::format("{}h", s / kHour);
  if (s < 8 * kDay) return two(s / kDay, 'd', s / kHour % 24, 'h');
  if (s < 2 * kYear) return fmt::format("{}d", s / kDay);
  if (s < 8 * kYear) return two(s / kYear, 'y', s / kDay % 365, 'd');
  return fmt::format("{}y", s / kYear);
}

}  // namespace skiff::common
