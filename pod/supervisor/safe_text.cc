#include "pod/supervisor/safe_text.h"

#include <algorithm>

namespace skiff::supervisor {

namespace {

// The length of the character at the beginning of `text`, 0: that is none (RFC 3629).
size_t CharacterLength(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const size_t length = first >= 0xf0 && first <= 0xf4 ? 4 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xc2 && first < 0xe0 ? 2 : 0;
  if (length == 0 || length > text.size()) return 0;
  for (size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xc0) != 0x80) return 0;
  const bool overlong = (first == 0xe0 && byte(1) < 0xa0) || (first == 0xf0 && byte(1) < 0x90);
  const bool outside = (first == 0xed && byte(1) > 0x9f) || (first == 0xf4 && byte(1) > 0x8f);
  return overlong || outside ? 0 : length;
}

}  // namespace

std::string SafeText(std::string_view text, size_t most) {
  std::string safe;
  while (!text.empty()) {
    const size_t length = CharacterLength(text);
    if (safe.size() + std::max<size_t>(length, 1) > most) break;
    if (length == 0) safe += '?';
    else safe += text.substr(0, length);
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  return safe;
}

}  // namespace skiff::supervisor
