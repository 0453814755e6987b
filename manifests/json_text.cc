#include "manifests/json_text.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <string_view>

namespace skiff::manifests {

namespace {

// The value of "\uXXXX" at `at`; 0 when there is none.
uint32_t EscapeAt(std::string_view text, size_t at) {
  constexpr size_t kLength = 6;
  if (at + kLength > text.size() || text[at] != '\\' || text[at + 1] != 'u') return 0;
  uint32_t value = 0;
  const char* end = text.data() + at + kLength;
  const auto parsed = std::from_chars(text.data() + at + 2, end, value, 16);
  return parsed.ptr == end ? value : 0;
}

}  // namespace

std::string JoinSurrogates(const std::string& text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == text.npos || (text[first] != '{' && text[first] != '[')) return text;
  if (text.find("\\u") == text.npos) return text;
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const uint32_t high = EscapeAt(text, i), low = EscapeAt(text, i + 6);
    if (high >= 0xD800 && high < 0xDC00 && low >= 0xDC00 && low < 0xE000) {
      out += fmt::format("\\U{:08X}", 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00));
      i += 12;
      continue;
    }
    // An escaped backslash does not start an escape of its own.
    const size_t step = text[i] == '\\' && i + 1 < text.size() ? 2 : 1;
    out.append(text, i, step);
    i += step;
  }
  return out;
}

}  // namespace skiff::manifests
