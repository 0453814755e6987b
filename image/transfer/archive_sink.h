// The named files of an image archive that is being written: a tar stream or a directory.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "common/result.h"
#include "common/unique_fd.h"
#include "image/transfer/byte_source.h"

namespace skiff::image {

// A blob that had to be made to know its digest and size.
struct SpooledBlob {
  common::UniqueFd file;  // unnamed
  std::string digest;
  int64_t size = 0;
};

class ArchiveSink {
 public:
  virtual ~ArchiveSink() = default;
  virtual bool Has(const std::string& name) const = 0;
  virtual common::Result<> Add(const std::string& name, ByteSource& content, int64_t size) = 0;
  virtual common::Result<> AddSpooled(const std::string& name, const SpooledBlob& blob) = 0;
  virtual common::Result<> Finish() = 0;

  common::Result<> AddText(const std::string& name, std::string_view text);
  // Where Spool makes its file: one that AddSpooled can take over without copying, if possible.
  const std::string& spool_directory() const { return spool_directory_; }

 protected:
  explicit ArchiveSink(std::string spool_directory) : spool_directory_(std::move(spool_directory)) {}

 private:
  std::string spool_directory_;
};

// To a descriptor, which must outlive the sink and may be a pipe.
std::unique_ptr<ArchiveSink> TarSink(int fd, std::string spool_directory);
// Into an existing directory; files of the same name are replaced.
common::Result<std::unique_ptr<ArchiveSink>> DirectorySink(const std::string& directory);

common::Result<SpooledBlob> Spool(const std::string& directory, std::unique_ptr<ByteSource> content);

}  // namespace skiff::image
