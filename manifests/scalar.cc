#include "manifests/scalar.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace skiff::manifests {

namespace {

using kube::Value;

constexpr std::array<std::string_view, 5> kNulls{"", "~", "null", "Null", "NULL"};
constexpr std::array<std::string_view, 11> kTrue{"y",    "Y",    "yes", "Yes", "YES", "true",
                                                 "True", "TRUE", "on",  "On",  "ON"};
constexpr std::array<std::string_view, 11> kFalse{"n",     "N",     "no",  "No",  "NO", "false",
                                                  "False", "FALSE", "off", "Off", "OFF"};
constexpr std::array<std::string_view, 12> kSpecialFloats{
    ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF", ".nan", ".NaN", ".NAN"};

template <typename List>
bool Contains(const List& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Base of an integer by its prefix, which is removed: 0x, 0b, 0o, or 0 for octal.
int TakeBase(std::string_view& digits) {
  if (digits.size() < 2 || digits[0] != '0') return 10;
  const char letter = digits[1];
  const int base = letter == 'x' || letter == 'X' ? 16 : letter == 'b' || letter == 'B' ? 2 : 8;
  const bool old_octal = IsDigit(letter);
  digits.remove_prefix(old_octal ? 1 : 2);
  if (base == 8 && !old_octal && letter != 'o' && letter != 'O') return 0;
  return base;
}

std::optional<Value> ParseInteger(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const int base = TakeBase(text);
  if (base == 0 || text.empty()) return std::nullopt;
  uint64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (parsed.ec == std::errc::invalid_argument || parsed.ptr != text.data() + text.size())
    return std::nullopt;
  const uint64_t largest = static_cast<uint64_t>(INT64_MAX) + (negative ? 1 : 0);
  if (parsed.ec == std::errc::result_out_of_range || number > largest) return std::nullopt;
  return Value::Int(negative ? static_cast<int64_t>(~number + 1) : static_cast<int64_t>(number));
}

// [-+]? (digits [. digits?] | . digits) ([eE] [-+]? digits)?
bool IsFloat(std::string_view text) {
  size_t at = 0;
  const auto take_digits = [&] {
    const size_t start = at;
    while (at < text.size() && IsDigit(text[at])) ++at;
    return at - start;
  };
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
  size_t digits = take_digits();
  if (at < text.size() && text[at] == '.') {
    ++at;
    digits += take_digits();
  }
  if (digits == 0) return false;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    if (take_digits() == 0) return false;
  }
  return at == text.size();
}

bool IsPrintable(unsigned char c) { return c >= 0x20 && c != 0x7f; }

}  // namespace

Value ResolvePlainScalar(const std::string& text) {
  if (Contains(kNulls, text)) return Value();
  if (Contains(kTrue, text)) return Value::Bool(true, text);
  if (Contains(kFalse, text)) return Value::Bool(false, text);
  const char first = text.front();
  if (!IsDigit(first) && first != '-' && first != '+' && first != '.') return Value::String(text);
  std::string digits = text;
  std::erase(digits, '_');
  if (auto integer = ParseInteger(digits)) return *integer;
  if (IsFloat(digits)) return Value::Float(digits);
  if (Contains(kSpecialFloats, text)) return Value::Float(text);
  return Value::String(text);
}

bool IsPlainString(const std::string& text) {
  if (text.empty() || text == "<<" || text == "=" || !ResolvePlainScalar(text).is(Value::Kind::kString))
    return false;
  constexpr std::string_view kIndicators = "-?:,[]{}#&*!|>'\"%@` ";
  const bool dash_word =
      (text[0] == '-' || text[0] == '?' || text[0] == ':') && text.size() > 1 && text[1] != ' ';
  if (kIndicators.find(text[0]) != kIndicators.npos && !dash_word) return false;
  if (text.starts_with("---") || text.starts_with("...")) return false;
  if (text.back() == ' ' || text.back() == ':') return false;
  if (text.find(": ") != text.npos || text.find(" #") != text.npos) return false;
  // Dates are strings to Kubernetes, but not to every reader of YAML.
  if (text.size() >= 10 && IsDigit(text[0]) && text[4] == '-' && text[7] == '-') return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return IsPrintable(static_cast<unsigned char>(c)); });
}

}  // namespace skiff::manifests
