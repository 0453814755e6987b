// Directories inside the overlay folder in which layers are unpacked before they are known to podman, and in which removed
// layers wait to be emptied after the locks are free.
#pragma once

#include <optional>
#include <string>

#include "common/file_lock.h"
#include "common/result.h"
#include "image/storage_layout.h"

namespace skiff::image {

// overlay/skiff-staging/RANDOM, held by a lock in it for as long as its maker lives. Being on overlay's own mount, a
// finished layer enters the store by one rename.
class StagingDir {
 public:
  static common::Result<StagingDir> Create(const StorageLayout& layout);
  StagingDir(StagingDir&&) noexcept;
  StagingDir& operator=(StagingDir&&) = delete;
  ~StagingDir();  // removes it with all that is left in it

  const std::string& path() const { return path_; }

  // Removes what dead processes left. Not under the store's locks: it may take long.
  static common::Result<> CollectLeftovers(const StorageLayout& layout);

 private:
  StagingDir(std::string path, common::FileLock lock) : path_(std::move(path)), lock_(std::move(lock)) {}
  std::string path_;
  common::FileLock lock_;
};

}  // namespace skiff::image
