// Reads what TarSplitWriter, or podman, recorded of a layer's tar (formats.md 1.8).
#pragma once

#include <memory>
#include <string>

#include "common/result.h"
#include "image/transfer/byte_source.h"

namespace skiff::image {

struct TarSplitItem {
  bool is_file = false;
  std::string bytes;  // of a segment: they stand in the tar as they are
  std::string name;   // of a file, as in its header
  int64_t size = 0;   // of the file's content, which stands here
};

class TarSplitReader {
 public:
  // kNotFound: the layer has no such file.
  static common::Result<TarSplitReader> Open(const std::string& path);

  // False at the end. kInvalid: damaged.
  common::Result<bool> Next(TarSplitItem& item);

 private:
  TarSplitReader(std::unique_ptr<ByteSource> source, std::string path) : source_(std::move(source)), path_(std::move(path)) {}
  common::Result<bool> ReadLine(std::string& line);

  std::unique_ptr<ByteSource> source_;
  std::string path_;
  std::string rest_;     // read, not yet given
  size_t position_ = 0;  // in rest_
};

}  // namespace skiff::image
