// Images that lack the same layer are fetched one after another, by whichever processes: the second finds it in the store.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/file_lock.h"
#include "common/result.h"
#include "image/storage_layout.h"

namespace skiff::image {

// Ids in the store of layers with these digests, lowest first.
std::vector<std::string> ChainIds(const std::vector<std::string>& diff_ids);

class PullTurn {
 public:
  // The folder of the locks; made before skiff-transfer confines itself.
  static std::string Folder(const common::SystemPaths& paths) { return paths.storage_run + "/skiff-pulls"; }

  // Waits until nobody else fetches the first of the layers that the store lacks. Nothing is held when none is missing.
  static common::Result<PullTurn> Take(const common::SystemPaths& paths, const std::vector<std::string>& diff_ids);
  PullTurn(PullTurn&&) noexcept;
  PullTurn& operator=(PullTurn&&) = delete;
  ~PullTurn();

 private:
  PullTurn() = default;
  std::string path_;
  std::optional<common::FileLock> lock_;
};

}  // namespace skiff::image
