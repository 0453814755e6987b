// Directories inside the overlay folder in which layers are unpacked before they are known to podman, and in which removed
// layers wait to be emptied after the locks are free.
#pragma once

#include <optional>
#include <string>
#include <vector>

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

  // What its maker is about to change in the store, so that what a kill leaves unneeded there is found again: records that are
  // complete without anybody's need for them, files without a record.
  struct Journal {
    std::vector<std::string> layers;  // lowest first
    std::vector<std::string> images;
  };
  common::Result<> WriteJournal(const Journal& journal) const;
  common::Result<Journal> ReadJournal() const;  // empty: none was written

  // Those that dead processes left, now held by the result.
  static std::vector<StagingDir> Leftovers(const StorageLayout& layout);

 private:
  StagingDir(std::string path, common::FileLock lock) : path_(std::move(path)), lock_(std::move(lock)) {}
  std::string path_;
  common::FileLock lock_;
};

}  // namespace skiff::image
