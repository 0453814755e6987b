#include "pod/supervisor/log_cursor.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <utility>

#include "common/file.h"

namespace skiff::supervisor {

using common::Result;

Result<LogCursor> LogCursor::Open(const std::string& path) {
  ASSIGN_OR_RETURN(const common::UniqueFd fd, common::Open(path, O_RDWR | O_CREAT, 0600));
  if (::ftruncate(fd.get(), 2 * sizeof(Slot)) != 0) return common::ErrnoError("resize {}", path);
  void* memory = ::mmap(nullptr, 2 * sizeof(Slot), PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (memory == MAP_FAILED) return common::ErrnoError("map {}", path);
  return LogCursor(static_cast<Slot*>(memory));
}

LogCursor::LogCursor(LogCursor&& other) noexcept : slots_(std::exchange(other.slots_, nullptr)) {}

LogCursor& LogCursor::operator=(LogCursor&& other) noexcept {
  std::swap(slots_, other.slots_);
  return *this;
}

LogCursor::~LogCursor() {
  if (slots_ != nullptr) ::munmap(slots_, 2 * sizeof(Slot));
}

LogCursor::Slot* LogCursor::Current() const { return &slots_[slots_[1].sequence > slots_[0].sequence ? 1 : 0]; }

LogCursor::Position LogCursor::Get() const { return Current()->position; }

bool LogCursor::fresh() const { return Current()->sequence == 0; }

void LogCursor::Commit(const Position& position) {
  const Slot* current = Current();
  Slot* next = &slots_[current == &slots_[0] ? 1 : 0];
  next->position = position;
  std::atomic_ref<uint64_t>(next->sequence).store(current->sequence + 1, std::memory_order_release);
}

}  // namespace skiff::supervisor
