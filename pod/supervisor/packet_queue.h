// What an attached client has not read yet: a little in memory, more in an unlinked file, so that a slow client holds up
// neither the container nor its log and still misses nothing.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "common/result.h"
#include "common/unique_fd.h"

namespace skiff::supervisor {

class PacketQueue {
 public:
  static constexpr size_t kMemoryLimit = 1u << 20;          // bytes
  static constexpr uint64_t kFileLimit = uint64_t{1} << 30;  // bytes

  // `spill_dir` is a directory on disk.
  explicit PacketQueue(std::string spill_dir) : spill_dir_(std::move(spill_dir)) {}

  bool empty() const { return memory_.empty(); }
  const std::string& front() const { return memory_.front(); }
  // kUnavailable: the client is further behind than kFileLimit.
  common::Result<> Push(std::string packet);
  common::Result<> Pop();

 private:
  common::Result<> Spill(const std::string& packet);
  common::Result<> Refill();

  std::string spill_dir_;
  std::deque<std::string> memory_;
  size_t memory_bytes_ = 0;
  common::UniqueFd file_;
  uint64_t read_ = 0;
  uint64_t written_ = 0;  // read_ == written_: nothing is in the file
};

}  // namespace skiff::supervisor
