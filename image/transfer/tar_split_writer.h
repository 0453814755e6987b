// Records what is needed to build a layer's tar again, bit for bit, from its unpacked files (formats.md 1.8).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "common/result.h"

struct archive;

namespace skiff::image {

class TarSplitWriter {
 public:
  // Writes gzip to `fd`, which must outlive this.
  static common::Result<TarSplitWriter> Open(int fd);
  TarSplitWriter(TarSplitWriter&&) noexcept = default;
  TarSplitWriter& operator=(TarSplitWriter&&) noexcept = default;

  // Bytes of the archive that are no file's content: headers, padding, what follows the end.
  common::Result<> Raw(std::string_view bytes);
  // The content of `name` (as in the header) stands here; `crc` are the eight bytes of its CRC-64, unused for size 0.
  common::Result<> File(std::string_view name, int64_t size, std::string_view crc);
  common::Result<> Finish();

 private:
  struct Free {
    void operator()(archive* a) const;
  };
  explicit TarSplitWriter(archive* a) : archive_(a) {}
  common::Result<> FlushSegment();
  common::Result<> WriteLine(std::string_view members);

  std::unique_ptr<archive, Free> archive_;
  std::string segment_;
  std::string output_;
  int64_t position_ = 0;
};

}  // namespace skiff::image
