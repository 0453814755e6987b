// One output stream of a container: from its FIFO (or terminal) through a spool file on tmpfs. splice(2) moves the bytes
// and the file's size in one step, so that SIGKILL cannot fall between them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/result.h"
#include "common/unique_fd.h"

namespace skiff::supervisor {

class OutputSpool {
 public:
  // Opens or creates the spool file. `position`: how much of it is in the log already.
  static common::Result<OutputSpool> Open(const std::string& path, uint64_t position);

  // Moves what `source` has (at most 64 KiB) behind the spool. Returns the new bytes, empty: nothing there now or, for a
  // terminal, hung up.
  common::Result<std::string_view> Pull(int source, bool is_terminal);

  // Bytes that are spooled and not yet in the log.
  std::string_view pending() const { return pending_; }
  uint64_t position() const { return position_; }
  // The first `bytes` of pending() are in the log and the cursor says so: their pages are given back now and then.
  void Consume(size_t bytes);

 private:
  common::UniqueFd file_;
  uint64_t size_ = 0;
  uint64_t position_ = 0;
  uint64_t released_ = 0;
  std::string pending_;
};

}  // namespace skiff::supervisor
