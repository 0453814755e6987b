// The log of one run of a container: LOG_DIR/N.log, rotated as the kubelet does.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/result.h"
#include "common/unique_fd.h"

namespace skiff::supervisor {

class LogFile {
 public:
  static constexpr uint64_t kMaxSize = 10u << 20;  // bytes; kubelet's containerLogMaxSize
  static constexpr size_t kMaxFiles = 5;           // kubelet's containerLogMaxFiles, the current one included

  // Opens or creates N.log (mode 0640) for appending.
  static common::Result<LogFile> Open(const std::string& log_dir, int number, uint64_t max_size = kMaxSize);

  uint64_t size() const { return size_; }

  // A full file is first renamed to N.log.YYYYMMDD-HHMMSS.NNNNNNNNN and the oldest beyond kMaxFiles are removed.
  common::Result<> Append(std::string_view text);

  // Takes back what was written after the last size that was committed to the cursor. A file that is smaller than
  // `committed` was begun by a rotation whose first write was never committed.
  common::Result<> TruncateTo(uint64_t committed);

 private:
  LogFile(std::string directory, int number, uint64_t max_size);
  std::string path() const;
  common::Result<> OpenFile();
  common::Result<> Rotate();

  std::string directory_;
  std::string name_;
  uint64_t max_size_;
  common::UniqueFd fd_;
  uint64_t size_ = 0;
};

}  // namespace skiff::supervisor
