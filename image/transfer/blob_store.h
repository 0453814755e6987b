// The named files of an image archive, whether it is a directory or a tar file.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "common/result.h"
#include "image/transfer/byte_source.h"

namespace skiff::image {

class BlobStore {
 public:
  virtual ~BlobStore() = default;
  virtual bool Has(const std::string& name) const = 0;
  // kNotFound names the archive and the file.
  virtual common::Result<std::unique_ptr<ByteSource>> Open(const std::string& name) const = 0;
  // The whole file; kInvalid above `limit` bytes.
  common::Result<std::string> Read(const std::string& name, size_t limit = 8u << 20) const;
};

// `source`: a directory, a tar file (plain or compressed), or "fd:N" for a descriptor. A plain tar file that can be sought
// is read in place; anything else is decompressed once into an unnamed file in `spool_directory`.
common::Result<std::unique_ptr<BlobStore>> OpenBlobStore(const std::string& source, const std::string& spool_directory);

// N of "fd:N"; empty for a path.
std::optional<int> DescriptorNumber(const std::string& source);

// The bytes of a tar file or "fd:N" as they are.
common::Result<std::unique_ptr<ByteSource>> OpenTarball(const std::string& source);

}  // namespace skiff::image
