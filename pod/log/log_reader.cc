#include "pod/log/log_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "common/file.h"

namespace skiff::pod {
namespace {

using common::ErrorCode;
using common::Result;

constexpr char kSuffix[] = ".log";

// "3.log" and "3.log.20260102-030405.000000000": 3.
std::optional<int> RunOf(const std::string& name) {
  int run = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), run);
  if (error != std::errc() || !std::string_view(end).starts_with(kSuffix)) return std::nullopt;
  return run;
}

bool IsRotated(const std::string& name) { return !name.ends_with(kSuffix); }

}  // namespace

Result<std::vector<LogReader::File>> LogReader::Files() const {
  auto names = common::ListDirectory(directory_);
  if (!names && names.error().code() == ErrorCode::kNotFound) return std::vector<File>();
  if (!names) return names.error();
  std::vector<File> files;
  for (std::string& name : *names) {
    const auto run = RunOf(name);
    if (run && (!run_ || *run == *run_)) files.push_back({*run, std::move(name)});
  }
  // Within a run the rotated ones first, by their dates, then the current one.
  std::ranges::sort(files, [](const File& a, const File& b) {
    return std::tuple(a.run, !IsRotated(a.name), a.name) < std::tuple(b.run, !IsRotated(b.name), b.name);
  });
  return files;
}

Result<> LogReader::OpenFile(const File& file, off_t offset) {
  ASSIGN_OR_RETURN(fd_, common::Open(directory_ + "/" + file.name, O_RDONLY));
  if (::lseek(fd_.get(), offset, SEEK_SET) < 0) return common::ErrnoError("seek in {}", file.name);
  if (open_run_ >= 0 && open_run_ != file.run) lines_.Flush();
  open_run_ = file.run;
  return {};
}

Result<> LogReader::SkipToTail(size_t count) {
  ASSIGN_OR_RETURN(const auto files, Files());
  for (auto file = files.rbegin(); file != files.rend(); ++file) {
    ASSIGN_OR_RETURN(const std::string text, common::ReadFile(directory_ + "/" + file->name));
    const OpenEnd open_end = IsRotated(file->name) ? OpenEnd::kGoesOn : OpenEnd::kIsLine;
    const size_t lines = CountLines(text, open_end);
    if (lines > count) {
      const LogTail tail = FindTail(text, count, open_end);
      lines_.Skip(tail.skip);
      return OpenFile(*file, static_cast<off_t>(tail.offset));
    }
    // All of this file. The one before may end with the beginning of its first line.
    count -= lines;
  }
  return {};
}

Result<> LogReader::ReadOpenFile() {
  std::vector<char> buffer(64 * 1024);
  for (;;) {
    const ssize_t count = ::read(fd_.get(), buffer.data(), buffer.size());
    if (count == 0) return {};
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return common::ErrnoError("read a log in {}", directory_);
    lines_.Add({buffer.data(), static_cast<size_t>(count)});
  }
}

Result<bool> LogReader::OpenNext() {
  ASSIGN_OR_RETURN(const auto files, Files());
  auto next = files.begin();
  if (fd_) {
    struct stat open_file {};
    if (::fstat(fd_.get(), &open_file) != 0) return common::ErrnoError("stat a log in {}", directory_);
    const auto current = std::ranges::find_if(files, [&](const File& file) {
      struct stat info {};
      return ::stat((directory_ + "/" + file.name).c_str(), &info) == 0 && info.st_ino == open_file.st_ino;
    });
    if (current != files.end()) next = current + 1;
    // Removed by the rotation: go on with the oldest that is left.
    else next = std::ranges::find_if(files, [&](const File& file) { return file.run >= open_run_; });
    // What was written between our last read and the rotation.
    TRY(ReadOpenFile());
  }
  if (next == files.end()) return false;
  TRY(OpenFile(*next, 0));
  return true;
}

Result<> LogReader::Drain() {
  if (fd_) TRY(ReadOpenFile());
  for (;;) {
    ASSIGN_OR_RETURN(const bool more, OpenNext());
    if (!more) return {};
    TRY(ReadOpenFile());
  }
}

Result<std::optional<int>> NewestRun(const std::string& directory) {
  const auto names = common::ListDirectory(directory);
  if (!names && names.error().code() == ErrorCode::kNotFound) return std::optional<int>();
  if (!names) return names.error();
  std::optional<int> newest;
  for (const std::string& name : *names) {
    if (const auto run = RunOf(name)) newest = std::max(newest.value_or(0), *run);
  }
  return newest;
}

}  // namespace skiff::pod
