#include "common/base64.h"

#include <cstdint>

namespace skiff::common {

namespace {
constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
}

std::string EncodeBase64(std::string_view data) {
  std::string out;
  out.reserve((data.size() + 2) / 3 * 4);
  for (size_t i = 0; i < data.size(); i += 3) {
    const size_t left = data.size() - i;
    uint32_t group = static_cast<uint8_t>(data[i]) << 16;
    if (left > 1) group |= static_cast<uint8_t>(data[i + 1]) << 8;
    if (left > 2) group |= static_cast<uint8_t>(data[i + 2]);
    out += kAlphabet[group >> 18];
    out += kAlphabet[group >> 12 & 63];
    out += left > 1 ? kAlphabet[group >> 6 & 63] : '=';
    out += left > 2 ? kAlphabet[group & 63] : '=';
  }
  return out;
}

std::optional<std::string> DecodeBase64(std::string_view text) {
  std::string out;
  uint32_t group = 0;
  int characters = 0, padding = 0;
  for (const char c : text) {
    if (c == '\n' || c == '\r') continue;
    const size_t digit = kAlphabet.find(c);
    if (c == '=' && characters % 4 >= 2) {
      ++padding;
    } else if (padding > 0 || digit == kAlphabet.npos) {
      return std::nullopt;
    }
    group = group << 6 | (c == '=' ? 0 : static_cast<uint32_t>(digit));
    if (++characters % 4 != 0) continue;
    out += static_cast<char>(group >> 16 & 255);
    if (padding < 2) out += static_cast<char>(group >> 8 & 255);
    if (padding < 1) out += static_cast<char>(group & 255);
    group = 0;
  }
  if (characters % 4 != 0) return std::nullopt;
  return out;
}

}  // namespace skiff::common
