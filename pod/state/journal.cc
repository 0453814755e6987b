#include "pod/state/journal.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "common/clock.h"
#include "common/file.h"
#include "common/file_lock.h"

namespace skiff::pod {
namespace {

using common::ErrorCode;
using common::Result;

std::string Older(const std::string& path) { return path + ".1"; }

void ParseLines(std::string& text, std::vector<EngineEvent>& events) {
  size_t start = 0;
  for (size_t end; (end = text.find('\n', start)) != std::string::npos; start = end + 1) {
    auto event = common::DecodeJson<EngineEvent>(text.substr(start, end - start), kJournalFile);
    if (event) events.push_back(std::move(*event));
  }
  text.erase(0, start);
}

// A second writer finds the new file, which is small again. One that has the old file open still writes into that.
Result<> Rotate(const std::string& path) {
  ASSIGN_OR_RETURN(const auto lock, common::FileLock::Acquire(path + ".lock"));
  struct stat now{};
  if (::stat(path.c_str(), &now) != 0 || static_cast<size_t>(now.st_size) < kJournalLimit) return {};
  if (::rename(path.c_str(), Older(path).c_str()) != 0) return common::ErrnoError("rename {}", path);
  return {};
}

}  // namespace

Result<> AppendToJournal(const common::SystemPaths& paths, std::vector<EngineEvent> events) {
  std::string text;
  for (EngineEvent& event : events) {
    if (event.time.empty()) event.time = common::FormatTime(common::Now(), true);
    text += common::EncodeJson(event) + "\n";
  }
  TRY(common::MakeDirectories(paths.run_dir, 0711));
  const std::string path = paths.run_dir + "/" + kJournalFile;
  ASSIGN_OR_RETURN(const common::UniqueFd file, common::Open(path, O_WRONLY | O_CREAT | O_APPEND, 0600));
  TRY(common::WriteAll(file.get(), text));
  struct stat now{};
  if (::fstat(file.get(), &now) != 0) return common::ErrnoError("stat {}", path);
  return static_cast<size_t>(now.st_size) < kJournalLimit ? Result<>() : Rotate(path);
}

Result<std::vector<EngineEvent>> JournalReader::Next() {
  std::vector<EngineEvent> events;
  if (!file_) {
    auto older = common::ReadFile(Older(path_));
    if (!older && older.error().code() != ErrorCode::kNotFound) return older.error();
    if (older) ParseLines(*older, events);
    TRY(Open());
  }
  while (file_) {
    // Asked first: what is written into the old file after the reading below is a matter of microseconds.
    ASSIGN_OR_RETURN(const bool replaced, WasReplaced());
    TRY(ReadLines(events));
    if (!replaced) break;
    rest_.clear();
    TRY(Open());
  }
  return events;
}

// Nothing is open afterwards where there is no journal yet.
Result<> JournalReader::Open() {
  auto file = common::Open(path_, O_RDONLY);
  if (!file && file.error().code() != ErrorCode::kNotFound) return file.error();
  file_ = file ? std::move(*file) : common::UniqueFd();
  return {};
}

Result<bool> JournalReader::WasReplaced() const {
  struct stat mine{}, named{};
  if (::fstat(file_.get(), &mine) != 0) return common::ErrnoError("stat {}", path_);
  if (::stat(path_.c_str(), &named) != 0) return errno == ENOENT ? Result<bool>(true) : common::ErrnoError("stat {}", path_);
  return mine.st_ino != named.st_ino;
}

Result<> JournalReader::ReadLines(std::vector<EngineEvent>& events) {
  ASSIGN_OR_RETURN(const std::string text, common::ReadAll(file_.get()));
  rest_ += text;
  ParseLines(rest_, events);
  return {};
}

}  // namespace skiff::pod
