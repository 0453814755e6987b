#include "image/transfer/pull_turn.h"

#include <sys/stat.h>

#include "common/file.h"
#include "image/record_file.h"
#include "image/transfer/image_writer.h"
#include "image/transfer/layer_record.h"

namespace skiff::image {
namespace {

using common::FileLock;
using common::Result;

Result<std::string> FirstMissing(const StorageLayout& layout, const std::vector<std::string>& ids) {
  ASSIGN_OR_RETURN(const RecordFile records, RecordFile::Load(layout.LayersJson()));
  for (const auto& id : ids) {
    const common::JsonValue* record = records.FindById(id);
    if (record == nullptr || !IsCompleteLayer(*record)) return id;
  }
  return std::string();
}

bool IsStillThere(const FileLock& lock) {
  struct stat info;
  return ::fstat(lock.fd(), &info) == 0 && info.st_nlink > 0;
}

}  // namespace

std::vector<std::string> ChainIds(const std::vector<std::string>& diff_ids) {
  std::vector<std::string> ids;
  for (const auto& digest : diff_ids) ids.push_back(LayerId(ids.empty() ? "" : ids.back(), digest));
  return ids;
}

Result<PullTurn> PullTurn::Take(const common::SystemPaths& paths, const std::vector<std::string>& diff_ids) {
  const StorageLayout layout(paths);
  const auto ids = ChainIds(diff_ids);
  while (true) {
    PullTurn turn;
    ASSIGN_OR_RETURN(const std::string missing, FirstMissing(layout, ids));
    if (missing.empty()) return turn;
    const std::string path = Folder(paths) + "/" + missing;
    ASSIGN_OR_RETURN(FileLock lock, FileLock::Acquire(path));
    if (!IsStillThere(lock)) continue;
    turn.path_ = path;
    turn.lock_ = std::move(lock);
    // Whoever held it before may have brought the layer; then another one is the first that is missing.
    ASSIGN_OR_RETURN(const std::string now, FirstMissing(layout, ids));
    if (now == missing) return turn;
  }
}

PullTurn::PullTurn(PullTurn&& other) noexcept : path_(std::exchange(other.path_, {})), lock_(std::move(other.lock_)) {}

PullTurn::~PullTurn() {
  if (!path_.empty()) (void)common::RemoveFile(path_);  // under the lock: whoever waits sees that the file is gone
}

}  // namespace skiff::image
