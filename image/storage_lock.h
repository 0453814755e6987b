// The lock files of containers/storage (formats.md 1.9).
#pragma once

#include <string>

#include "common/result.h"
#include "common/unique_fd.h"

namespace skiff::image {

// A whole-file record lock that podman's processes obey. It is an open-file-description lock, so threads of one process
// exclude each other too. Order when several are held: layers, images, containers; never the reverse.
//
// Readers of ours take none: the JSON files are replaced by rename, and podman holds these locks for as long as a pull
// unpacks, which must not stop `skiff ps` or the start of a pod.
class StorageLock {
 public:
  enum class Mode { kShared, kExclusive };

  // Creates the file if absent and waits.
  static common::Result<StorageLock> Acquire(const std::string& path, Mode mode);

  // Writes a new last-writer token, which makes every other program read the JSON again. Before the JSON is replaced, as
  // a crash between the two must not go unnoticed.
  common::Result<> AnnounceChange();

 private:
  StorageLock(common::UniqueFd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}
  common::UniqueFd fd_;
  std::string path_;
};

}  // namespace skiff::image
