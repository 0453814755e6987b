// A container's log folder as one stream: LOG_DIR/N.log for each run N, older parts of it in N.log.DATE (rotation).
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "common/result.h"
#include "common/unique_fd.h"
#include "pod/log/cri_lines.h"

namespace skiff::pod {

class LogReader {
 public:
  // `run`: only this one; absent: all, in their order.
  LogReader(std::string directory, std::optional<int> run, CriLines::Sink sink, std::string since)
      : directory_(std::move(directory)), run_(run), lines_(std::move(sink), std::move(since)) {}

  // The next Drain begins with the last `count` lines.
  common::Result<> SkipToTail(size_t count);
  // Passes on everything that has been written since the last call. Follows rotations and restarts.
  common::Result<> Drain();
  // No more will be written: an unfinished line is passed on.
  void Finish() { lines_.Flush(); }

 private:
  struct File {
    int run = 0;
    std::string name;
  };
  common::Result<std::vector<File>> Files() const;  // oldest first
  common::Result<> ReadOpenFile();
  // The file after the open one; false when there is none.
  common::Result<bool> OpenNext();
  common::Result<> OpenFile(const File& file, off_t offset);

  std::string directory_;
  std::optional<int> run_;
  CriLines lines_;
  common::UniqueFd fd_;
  int open_run_ = -1;
};

// The number of the newest run in a log folder; absent: none yet.
common::Result<std::optional<int>> NewestRun(const std::string& directory);

}  // namespace skiff::pod
