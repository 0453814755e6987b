#include "kube/model/quantity.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <limits>

namespace skiff::kube {

namespace {

using common::ErrorCode;
using common::MakeError;

struct Suffix {
  std::string_view text;
  int base;      // 10 or 2
  int exponent;  // of the base
};

constexpr std::array kSuffixes{
    Suffix{"Ei", 2, 60}, Suffix{"Pi", 2, 50}, Suffix{"Ti", 2, 40}, Suffix{"Gi", 2, 30},
    Suffix{"Mi", 2, 20}, Suffix{"Ki", 2, 10}, Suffix{"E", 10, 18}, Suffix{"P", 10, 15},
    Suffix{"T", 10, 12}, Suffix{"G", 10, 9},  Suffix{"M", 10, 6},  Suffix{"k", 10, 3},
    Suffix{"", 10, 0},   Suffix{"m", 10, -3}, Suffix{"u", 10, -6}, Suffix{"n", 10, -9}};

constexpr __int128 kLargest = static_cast<__int128>(std::numeric_limits<int64_t>::max()) * 1'000'000'000;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

__int128 DivideUp(__int128 value, __int128 divisor) {
  const __int128 quotient = value / divisor;
  return value % divisor > 0 ? quotient + 1 : quotient;
}

int64_t Clamp(__int128 value) {
  constexpr __int128 low = std::numeric_limits<int64_t>::min();
  constexpr __int128 high = std::numeric_limits<int64_t>::max();
  return static_cast<int64_t>(std::clamp(value, low, high));
}

std::string DecimalText(__int128 value) {
  const bool negative = value < 0;
  std::string digits;
  do {
    const int digit = static_cast<int>(value % 10);
    digits += static_cast<char>('0' + (digit < 0 ? -digit : digit));
    value /= 10;
  } while (value != 0);
  if (negative) digits += '-';
  std::reverse(digits.begin(), digits.end());
  return digits;
}

// digits * 10^exponent10 * 2^exponent2 in billionths, away from zero, capped.
__int128 Scale(std::string_view whole, std::string_view fraction, int exponent10, int exponent2) {
  int exponent = 9 + exponent10;
  __int128 value = 0;
  bool rest = false;
  for (const char c : whole) {
    if (value > kLargest) return kLargest;
    value = value * 10 + (c - '0');
  }
  for (const char c : fraction) {
    // 28 digits are kept; what comes after them only decides rounding.
    if (value > kLargest) {
      rest = rest || c != '0';
      continue;
    }
    value = value * 10 + (c - '0');
    --exponent;
  }
  for (; exponent2 > 0; --exponent2) {
    // Keeps the number small: a factor 2 against a remaining division by 10 is a division by 5.
    if (value > kLargest && exponent < 0) {
      rest = rest || value % 10 != 0;
      value /= 10;
      ++exponent;
    }
    if (value > kLargest) return kLargest;
    value *= 2;
  }
  for (; exponent > 0 && value != 0; --exponent) {
    if (value > kLargest) return kLargest;
    value *= 10;
  }
  for (; exponent < 0 && value != 0; ++exponent) {
    rest = rest || value % 10 != 0;
    value /= 10;
  }
  return std::min(value + (rest ? 1 : 0), kLargest);
}

}  // namespace

common::Result<Quantity> Quantity::Parse(std::string_view text) {
  constexpr std::string_view kWrong =
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
  std::string_view rest = text;
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  size_t digits = 0;
  while (digits < rest.size() && IsDigit(rest[digits])) ++digits;
  const std::string_view whole = rest.substr(0, digits);
  rest.remove_prefix(digits);
  std::string_view fraction;
  if (rest.starts_with('.')) {
    digits = 1;
    while (digits < rest.size() && IsDigit(rest[digits])) ++digits;
    fraction = rest.substr(1, digits - 1);
    rest.remove_prefix(digits);
  }
  if (whole.empty() && fraction.empty()) return MakeError(ErrorCode::kInvalid, "{}", kWrong);

  int exponent10 = 0, exponent2 = 0;
  Format format = Format::kDecimalSi;
  const auto suffix =
      std::find_if(kSuffixes.begin(), kSuffixes.end(), [&](const Suffix& s) { return s.text == rest; });
  if (suffix != kSuffixes.end()) {
    (suffix->base == 2 ? exponent2 : exponent10) = suffix->exponent;
    if (suffix->base == 2) format = Format::kBinarySi;
  } else {
    if (rest[0] != 'e' && rest[0] != 'E')
      return MakeError(ErrorCode::kInvalid, "unable to parse quantity's suffix");
    std::string_view number = rest.substr(1);
    if (number.starts_with('+')) number.remove_prefix(1);
    const auto parsed = std::from_chars(number.data(), number.data() + number.size(), exponent10);
    if (number.empty() || parsed.ec != std::errc() || parsed.ptr != number.data() + number.size() ||
        exponent10 < -1000 || exponent10 > 1000) {
      return MakeError(ErrorCode::kInvalid, "unable to parse quantity's suffix");
    }
    format = Format::kDecimalExponent;
  }
  const __int128 nano = Scale(whole, fraction, exponent10, exponent2);
  return Quantity(negative ? -nano : nano, format);
}

int64_t Quantity::Value() const { return Clamp(DivideUp(nano_, kNano)); }

int64_t Quantity::MilliValue() const { return Clamp(DivideUp(nano_, kNano / 1000)); }

int64_t Quantity::DivideRoundUp(const Quantity& divisor) const {
  return Clamp(DivideUp(nano_, divisor.nano_));
}

std::string Quantity::ToString() const {
  if (nano_ == 0) return "0";
  // A binary amount that is no whole number of bytes has no binary suffix that keeps it exact.
  if (format_ == Format::kBinarySi && nano_ % kNano == 0) {
    const __int128 value = nano_ / kNano;
    for (const Suffix& suffix : kSuffixes) {
      if (suffix.base != 2) break;
      const __int128 unit = static_cast<__int128>(1) << suffix.exponent;
      if (value % unit == 0) return DecimalText(value / unit) + std::string(suffix.text);
    }
    return DecimalText(value);
  }
  for (const Suffix& suffix : kSuffixes) {
    if (suffix.base != 10) continue;
    __int128 unit = 1;
    for (int i = -9; i < suffix.exponent; ++i) unit *= 10;
    if (nano_ % unit != 0) continue;
    const std::string number = DecimalText(nano_ / unit);
    if (format_ != Format::kDecimalExponent || suffix.exponent == 0) return number + std::string(suffix.text);
    return fmt::format("{}e{}", number, suffix.exponent);
  }
  return DecimalText(nano_) + "n";
}

std::string SimilarQuantity(std::string_view text) {
  const size_t end = text.find_first_not_of("+-.0123456789");
  const std::string number(text.substr(0, end));
  std::string unit;
  if (end != text.npos) {
    for (const char c : text.substr(end)) {
      const auto letter = static_cast<unsigned char>(c);
      if (std::isspace(letter) == 0) unit += static_cast<char>(std::tolower(letter));
    }
  }
  if (unit == "milli" || text.ends_with('m')) unit = "m";
  else if (unit == "b" || unit == "cpu" || unit == "cpus" || unit == "core" || unit == "cores") unit.clear();
  else {
    if (unit.ends_with('b')) unit.pop_back();
    if (!unit.empty() && unit[0] != 'k') unit[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(unit[0])));
    if (unit == "ki") unit = "Ki";
  }
  std::string similar = number + unit;
  return Quantity::Parse(similar) ? similar : std::string();
}

}  // namespace skiff::kube
