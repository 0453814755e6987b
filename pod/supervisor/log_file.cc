#include "pod/supervisor/log_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "common/clock.h"
#include "common/file.h"

namespace skiff::supervisor {

using common::Result;

namespace {

// RFC 3339 without what is awkward in a file name; sorts by age.
std::string Suffix(common::WallTime time) {
  std::string text = common::FormatTime(time, true);  // 2026-01-02T03:04:05.123456789Z
  std::erase_if(text, [](char c) { return c == '-' || c == ':' || c == 'Z'; });
  std::replace(text.begin(), text.end(), 'T', '-');
  return text;
}

}  // namespace

LogFile::LogFile(std::string directory, int number, uint64_t max_size)
    : directory_(std::move(directory)), name_(fmt::format("{}.log", number)), max_size_(max_size) {}

std::string LogFile::path() const { return common::JoinPath(directory_, name_); }

Result<LogFile> LogFile::Open(const std::string& log_dir, int number, uint64_t max_size) {
  LogFile log(log_dir, number, max_size);
  TRY(common::MakeDirectories(log_dir, 0750));
  TRY(log.OpenFile());
  return log;
}

Result<> LogFile::OpenFile() {
  ASSIGN_OR_RETURN(fd_, common::Open(path(), O_WRONLY | O_CREAT | O_APPEND, 0640));
  struct stat info;
  if (::fstat(fd_.get(), &info) != 0) return common::ErrnoError("stat {}", path());
  size_ = static_cast<uint64_t>(info.st_size);
  return {};
}

Result<> LogFile::Append(std::string_view text) {
  if (size_ >= max_size_) TRY(Rotate());
  TRY(common::WriteAll(fd_.get(), text), "{}", path());
  size_ += text.size();
  return {};
}

Result<> LogFile::TruncateTo(uint64_t committed) {
  const uint64_t size = size_ < committed ? 0 : committed;
  if (::ftruncate(fd_.get(), static_cast<off_t>(size)) != 0) return common::ErrnoError("truncate {}", path());
  size_ = size;
  return {};
}

Result<> LogFile::Rotate() {
  const std::string rotated = path() + "." + Suffix(common::Now());
  if (::rename(path().c_str(), rotated.c_str()) != 0) return common::ErrnoError("rename {}", path());
  ASSIGN_OR_RETURN(auto names, common::ListDirectory(directory_));
  std::erase_if(names, [&](const std::string& name) { return name.rfind(name_ + ".", 0) != 0; });
  // The new current file counts too.
  for (size_t i = 0; names.size() - i >= kMaxFiles; ++i) TRY(common::RemoveFile(common::JoinPath(directory_, names[i])));
  return OpenFile();
}

}  // namespace skiff::supervisor
