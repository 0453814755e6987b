#include "pod/supervisor/packet_queue.h"

#include <fcntl.h>
#include <unistd.h>

#include "common/file.h"

namespace skiff::supervisor {

using common::Result;

Result<> PacketQueue::Push(std::string packet) {
  // Once something is in the file, all later packets have to queue behind it.
  if (read_ != written_ || memory_bytes_ + packet.size() > kMemoryLimit) return Spill(packet);
  memory_bytes_ += packet.size();
  memory_.push_back(std::move(packet));
  return {};
}

Result<> PacketQueue::Pop() {
  memory_bytes_ -= memory_.front().size();
  memory_.pop_front();
  if (memory_.empty() && read_ != written_) return Refill();
  return {};
}

Result<> PacketQueue::Spill(const std::string& packet) {
  if (written_ - read_ > kFileLimit)
    return common::MakeError(common::ErrorCode::kUnavailable, "the client is more than {} bytes behind", kFileLimit);
  if (!file_) {
    ASSIGN_OR_RETURN(file_, common::Open(spill_dir_, O_RDWR | O_TMPFILE, 0600));
  }
  const auto size = static_cast<uint32_t>(packet.size());
  std::string record(reinterpret_cast<const char*>(&size), sizeof size);
  record += packet;
  if (::pwrite(file_.get(), record.data(), record.size(), static_cast<off_t>(written_)) !=
      static_cast<ssize_t>(record.size()))
    return common::ErrnoError("write what a client has not read yet to {}", spill_dir_);
  written_ += record.size();
  return {};
}

Result<> PacketQueue::Refill() {
  while (read_ != written_ && memory_bytes_ < kMemoryLimit) {
    uint32_t size = 0;
    if (::pread(file_.get(), &size, sizeof size, static_cast<off_t>(read_)) != sizeof size)
      return common::ErrnoError("read back from {}", spill_dir_);
    std::string packet(size, '\0');
    if (::pread(file_.get(), packet.data(), size, static_cast<off_t>(read_ + sizeof size)) != static_cast<ssize_t>(size))
      return common::ErrnoError("read back from {}", spill_dir_);
    read_ += sizeof size + size;
    memory_bytes_ += size;
    memory_.push_back(std::move(packet));
  }
  if (read_ != written_) return {};
  if (::ftruncate(file_.get(), 0) != 0) return common::ErrnoError("truncate a file in {}", spill_dir_);
  read_ = written_ = 0;
  return {};
}

}  // namespace skiff::supervisor
