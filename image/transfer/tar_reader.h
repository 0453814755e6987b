// Reads a tar archive as a stream, byte for byte: ustar, GNU and pax (POSIX.1-2001, pax Interchange Format; GNU tar manual,
// Basic Tar Format). libarchive's reader does not say which bytes are headers and padding, and tar-split needs exactly those.
#pragma once

#include <array>
#include <cstdint>
#include <ctime>
#include <map>
#include <string>
#include <string_view>

#include "common/result.h"
#include "image/transfer/byte_source.h"

namespace skiff::image {

struct TarEntry {
  enum class Type { kFile, kHardLink, kSymlink, kCharDevice, kBlockDevice, kDirectory, kFifo };
  Type type = Type::kFile;
  std::string name;       // as in the archive; any bytes but NUL
  std::string link_name;
  uint32_t mode = 0;      // permission bits with setuid, setgid and sticky
  uint32_t uid = 0;
  uint32_t gid = 0;
  int64_t size = 0;       // bytes of content; 0 unless a file
  timespec mtime = {};
  uint32_t device_major = 0;
  uint32_t device_minor = 0;
  std::map<std::string, std::string> xattrs;
};

class TarReader {
 public:
  // Is given every byte of the archive that is no file's content.
  class RawSink {
   public:
    virtual ~RawSink() = default;
    virtual common::Result<> OnRaw(std::string_view bytes) = 0;
  };

  // `sink` may be null.
  TarReader(ByteSource& source, RawSink* sink) : source_(source), sink_(sink) {}

  // False at the end. Skips content that was not read. kInvalid: broken, truncated or of a kind that is refused.
  common::Result<bool> Next(TarEntry& entry);
  // The next piece of the entry's content, empty at its end.
  common::Result<std::string_view> ReadContent();
  // After the end: everything up to the end of the stream goes to the sink.
  common::Result<> ReadTrailer();

  // Where the entry's content begins, in bytes from the start of the archive.
  int64_t content_offset() const { return content_offset_; }

 private:
  using Block = std::array<char, 512>;
  struct Extensions;

  common::Result<bool> ReadBlock(Block& block);
  common::Result<std::string_view> Take(int64_t limit);
  common::Result<> SkipContent();
  common::Result<std::string> ReadSpecial(int64_t size);
  common::Result<> Decode(const Block& block, const Extensions& extensions, TarEntry& entry);
  common::Result<> ReadPadding(int64_t size);
  common::Error Broken(std::string_view why) const;

  ByteSource& source_;
  RawSink* sink_;
  std::string_view chunk_;
  int64_t position_ = 0;
  int64_t content_left_ = 0;
  int64_t padding_ = 0;
  int64_t content_offset_ = 0;
};

}  // namespace skiff::image
