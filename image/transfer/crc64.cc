#include "image/transfer/crc64.h"

#include <array>
#include <bit>
#include <cstring>

namespace skiff::image {
namespace {

constexpr uint64_t kPolynomial = 0xd800000000000000;  // reflected

// Eight tables, so that eight bytes are taken per step.
using Tables = std::array<std::array<uint64_t, 256>, 8>;
constexpr Tables MakeTables() {
  Tables tables{};
  for (uint64_t i = 0; i < 256; ++i) {
    uint64_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? crc >> 1 ^ kPolynomial : crc >> 1;
    tables[0][i] = crc;
  }
  for (size_t t = 1; t < 8; ++t)
    for (size_t i = 0; i < 256; ++i) tables[t][i] = tables[t - 1][i] >> 8 ^ tables[0][tables[t - 1][i] & 255];
  return tables;
}
constexpr Tables kTables = MakeTables();

uint64_t LittleEndian(const char* bytes) {
  uint64_t value;
  std::memcpy(&value, bytes, 8);
  if constexpr (std::endian::native == std::endian::big) value = __builtin_bswap64(value);
  return value;
}

}  // namespace

void Crc64::Update(std::string_view data) {
  uint64_t crc = state_;
  while (data.size() >= 8) {
    crc ^= LittleEndian(data.data());
    crc = kTables[7][crc & 255] ^ kTables[6][crc >> 8 & 255] ^ kTables[5][crc >> 16 & 255] ^ kTables[4][crc >> 24 & 255] ^
          kTables[3][crc >> 32 & 255] ^ kTables[2][crc >> 40 & 255] ^ kTables[1][crc >> 48 & 255] ^ kTables[0][crc >> 56];
    data.remove_prefix(8);
  }
  for (const char c : data) crc = crc >> 8 ^ kTables[0][(crc ^ static_cast<uint8_t>(c)) & 255];
  state_ = crc;
}

std::string Crc64::BigEndianBytes() const {
  const uint64_t crc = ~state_;
  std::string bytes(8, '\0');
  for (size_t i = 0; i < 8; ++i) bytes[i] = static_cast<char>(crc >> (56 - 8 * i));
  return bytes;
}

}  // namespace skiff::image
