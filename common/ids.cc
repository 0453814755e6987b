#include "common/ids.h"

#include <sys/random.h>

#include <cstdlib>
#include <vector>

namespace skiff::common {
namespace {

// Without vowels, 0, 1 and 3, so that no word appears by chance (Kubernetes: apimachinery/pkg/util/rand).
constexpr std::string_view kSafeAlphabet = "bcdfghjklmnpqrstvwxz2456789";

std::vector<uint8_t> RandomBytes(size_t count) {
  std::vector<uint8_t> bytes(count);
  // At most 256 bytes at a time are given without interruption (getrandom(2)).
  if (count > 256 || ::getrandom(bytes.data(), count, 0) != static_cast<ssize_t>(count)) std::abort();
  return bytes;
}

std::string Hex(const std::vector<uint8_t>& bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const uint8_t byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

}  // namespace

std::string RandomHex(size_t digits) { return Hex(RandomBytes((digits + 1) / 2)).substr(0, digits); }

std::string NewUuid() {
  auto bytes = RandomBytes(16);
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const std::string h = Hex(bytes);
  return h.substr(0, 8) + "-" + h.substr(8, 4) + "-" + h.substr(12, 4) + "-" + h.substr(16, 4) + "-" + h.substr(20);
}

std::string RandomSuffix(size_t length) {
  std::string text;
  for (const uint8_t byte : RandomBytes(length)) text += kSafeAlphabet[byte % kSafeAlphabet.size()];
  return text;
}

std::string SafeHash(std::string_view text) {
  uint32_t hash = 2166136261u;
  for (const char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 16777619u;
  std::string result;
  for (const char digit : std::to_string(hash)) result += kSafeAlphabet[static_cast<uint8_t>(digit) % kSafeAlphabet.size()];
  return result;
}

}  // namespace skiff::common
