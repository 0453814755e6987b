// CRC-64/ISO, as tar-split keeps it of every file (formats.md 1.8).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace skiff::image {

class Crc64 {
 public:
  void Update(std::string_view data);
  std::string BigEndianBytes() const;  // eight

 private:
  uint64_t state_ = ~uint64_t{0};
};

}  // namespace skiff::image
