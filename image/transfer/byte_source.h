// A stream of bytes, read in chunks without copying.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "common/result.h"
#include "common/unique_fd.h"

namespace skiff::image {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // The next bytes, valid until the next call; empty at the end.
  virtual common::Result<std::string_view> Next() = 0;
  // Drops up to `count` bytes that Next has not given yet and returns how many; 0 where the stream cannot jump.
  virtual common::Result<int64_t> TrySkip(int64_t) { return int64_t{0}; }
};

// The bytes [offset, offset + length) of a file, which stays open elsewhere; fewer are an error (kInvalid).
std::unique_ptr<ByteSource> ReadRange(int fd, int64_t offset, int64_t length, std::string name);
// The same for a file that belongs to the stream.
std::unique_ptr<ByteSource> ReadWhole(common::UniqueFd fd, int64_t length, std::string name);
// A pipe, or a file from its current position on.
std::unique_ptr<ByteSource> ReadStream(common::UniqueFd fd, std::string name);

}  // namespace skiff::image
