#include "pod/supervisor/output_spool.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "common/file.h"

namespace skiff::supervisor {

using common::Result;

namespace {

constexpr size_t kChunk = 64 * 1024;
constexpr uint64_t kReleaseStep = 1u << 20;

// Bytes moved, 0: nothing there now.
Result<size_t> SplicePipe(int source, int file, uint64_t offset) {
  auto position = static_cast<loff_t>(offset);
  ssize_t n;
  do n = ::splice(source, nullptr, file, &position, kChunk, SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
  while (n < 0 && errno == EINTR);
  if (n >= 0) return static_cast<size_t>(n);
  if (errno == EAGAIN) return size_t{0};
  return common::ErrnoError("splice into the spool");
}

// Terminals cannot be spliced into files. EIO: no process has the other side open any more.
Result<size_t> CopyTerminal(int source, int file, uint64_t offset) {
  char buffer[16 * 1024];
  ssize_t n;
  do n = ::read(source, buffer, sizeof buffer);
  while (n < 0 && errno == EINTR);
  if (n < 0 && errno != EAGAIN && errno != EIO) return common::ErrnoError("read terminal");
  if (n <= 0) return size_t{0};
  if (::pwrite(file, buffer, static_cast<size_t>(n), static_cast<off_t>(offset)) != n)
    return common::ErrnoError("write spool");
  return static_cast<size_t>(n);
}

Result<> ReadAt(int file, uint64_t offset, char* target, size_t size) {
  while (size > 0) {
    const ssize_t n = ::pread(file, target, size, static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return common::ErrnoError("read spool");
    target += n;
    offset += static_cast<size_t>(n);
    size -= static_cast<size_t>(n);
  }
  return {};
}

}  // namespace

Result<OutputSpool> OutputSpool::Open(const std::string& path, uint64_t position) {
  OutputSpool spool;
  ASSIGN_OR_RETURN(spool.file_, common::Open(path, O_RDWR | O_CREAT, 0600));
  struct stat info;
  if (::fstat(spool.file_.get(), &info) != 0) return common::ErrnoError("stat {}", path);
  spool.size_ = static_cast<uint64_t>(info.st_size);
  spool.position_ = std::min(position, spool.size_);
  spool.released_ = spool.position_;
  spool.pending_.resize(spool.size_ - spool.position_);
  TRY(ReadAt(spool.file_.get(), spool.position_, spool.pending_.data(), spool.pending_.size()), "{}", path);
  return spool;
}

Result<std::string_view> OutputSpool::Pull(int source, bool is_terminal) {
  ASSIGN_OR_RETURN(const size_t moved, is_terminal ? CopyTerminal(source, file_.get(), size_)
                                                   : SplicePipe(source, file_.get(), size_));
  const size_t before = pending_.size();
  pending_.resize(before + moved);
  if (auto read = ReadAt(file_.get(), size_, pending_.data() + before, moved); !read) {
    pending_.resize(before);
    return std::move(read).error();
  }
  size_ += moved;
  return std::string_view(pending_).substr(before);
}

void OutputSpool::Consume(size_t bytes) {
  pending_.erase(0, bytes);
  position_ += bytes;
  if (position_ - released_ < kReleaseStep) return;
  // Whole pages only; a failure costs memory, not output.
  ::fallocate(file_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(position_ & ~uint64_t{4095}));
  released_ = position_;
}

}  // namespace skiff::supervisor
