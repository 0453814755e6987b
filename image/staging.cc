#include "image/staging.h"

#include <sys/stat.h>
#include <unistd.h>

#include <sstream>

#include "common/file.h"
#include "common/ids.h"

namespace skiff::image {
namespace {

using common::ErrnoError;
using common::ErrorCode;
using common::FileLock;
using common::Result;

constexpr int kAttempts = 1000;
constexpr char kLockName[] = "/lock";
constexpr char kJournalName[] = "/journal";
constexpr std::string_view kLayer = "layer ", kImage = "image ";

std::string Parent(const StorageLayout& layout) { return layout.Overlay() + "/skiff-staging"; }

bool IsStillThere(const FileLock& lock) {
  struct stat info;
  return ::fstat(lock.fd(), &info) == 0 && info.st_nlink > 0;
}

// The lock goes last, so that a directory without its lock file is always one that is being made.
Result<> Remove(const std::string& path) {
  ASSIGN_OR_RETURN(const auto names, common::ListDirectory(path));
  for (const auto& name : names)
    if ("/" + name != kLockName) TRY(common::RemoveTree(path + "/" + name));
  return common::RemoveTree(path);
}

}  // namespace

Result<StagingDir> StagingDir::Create(const StorageLayout& layout) {
  TRY(layout.MakeFolders());
  for (int attempt = 1;; ++attempt) {
    const std::string path = Parent(layout) + "/" + common::RandomHex(16);
    const auto made = common::MakeDirectories(path, 0700);
    // Another one's last directory has taken the parent with it.
    if (!made && made.error().code() == ErrorCode::kNotFound && attempt < kAttempts) continue;
    TRY(made);
    // Between mkdir and lock another process may take the directory for a leftover; then it is gone and we try anew.
    auto lock = FileLock::Acquire(path + kLockName);
    if (!lock && lock.error().code() != ErrorCode::kNotFound) return std::move(lock).error();
    if (lock && IsStillThere(*lock)) return StagingDir(path, std::move(*lock));
  }
}

StagingDir::StagingDir(StagingDir&& other) noexcept
    : path_(std::exchange(other.path_, {})), lock_(std::move(other.lock_)) {}

StagingDir::~StagingDir() {
  if (path_.empty()) return;
  (void)Remove(path_);  // what cannot be removed now is collected by the next writer
  ::rmdir(path_.substr(0, path_.rfind('/')).c_str());
}

Result<> StagingDir::WriteJournal(const Journal& journal) const {
  std::string text;
  for (const auto& id : journal.layers) text += fmt::format("{}{}\n", kLayer, id);
  for (const auto& id : journal.images) text += fmt::format("{}{}\n", kImage, id);
  return common::WriteFileAtomic(path_ + kJournalName, text, 0600);
}

Result<StagingDir::Journal> StagingDir::ReadJournal() const {
  Journal journal;
  const auto text = common::ReadFile(path_ + kJournalName);
  if (!text && text.error().code() == ErrorCode::kNotFound) return journal;
  if (!text) return text.error();
  std::istringstream lines(*text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(kLayer)) journal.layers.push_back(line.substr(kLayer.size()));
    if (line.starts_with(kImage)) journal.images.push_back(line.substr(kImage.size()));
  }
  return journal;
}

std::vector<StagingDir> StagingDir::Leftovers(const StorageLayout& layout) {
  std::vector<StagingDir> leftovers;
  const auto names = common::ListDirectory(Parent(layout));
  if (!names) return leftovers;
  for (const auto& name : *names) {
    const std::string path = Parent(layout) + "/" + name;
    auto lock = FileLock::TryAcquire(path + kLockName);
    if (lock && IsStillThere(*lock)) leftovers.push_back(StagingDir(path, std::move(*lock)));
  }
  ::rmdir(Parent(layout).c_str());
  return leftovers;
}

}  // namespace skiff::image
