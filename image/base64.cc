#include "image/base64.h"

#include <algorithm>
#include <cstdint>

namespace skiff::image {

std::string EncodeBase64(std::string_view data) {
  constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text((data.size() + 2) / 3 * 4, '=');
  size_t out = 0;
  for (size_t i = 0; i < data.size(); i += 3) {
    const size_t count = std::min<size_t>(3, data.size() - i);
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k) group = group << 8 | (k < count ? static_cast<uint8_t>(data[i + k]) : 0);
    for (size_t k = 0; k < 4; ++k)
      if (k <= count) text[out + k] = kAlphabet[group >> (18 - 6 * k) & 63];
    out += 4;
  }
  return text;
}

}  // namespace skiff::image
