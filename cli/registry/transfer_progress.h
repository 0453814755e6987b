// Shows what skiff-transfer does, on standard error: a bar per blob on a terminal, otherwise podman's lines.
#pragma once

#include <chrono>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "image/registry.h"

namespace skiff::cli {

class TransferProgress {
 public:
  explicit TransferProgress(bool quiet);
  ~TransferProgress();  // leaves no half-drawn line
  TransferProgress(const TransferProgress&) = delete;
  TransferProgress& operator=(const TransferProgress&) = delete;

  bool wants_pieces() const { return terminal_ && !quiet_; }
  // May be called by several threads.
  image::EventSink Sink();

  // One bar: "Copying blob 5f70bf18a086 [=====>----] 12.3MiB / 26.1MiB", at most `width` columns.
  static std::string Bar(const image::TransferEvent& event, size_t width);

 private:
  void Show(const image::TransferEvent& event);
  void ShowLine(const std::string& line);
  void Redraw(bool force);
  void EraseBars();
  static std::string LineFor(const image::TransferEvent& event);

  bool quiet_, terminal_;
  std::mutex mutex_;
  std::vector<image::TransferEvent> moving_;  // blobs with a bar
  size_t drawn_ = 0;                          // lines of bars on the terminal
  std::chrono::steady_clock::time_point last_draw_;
  std::set<std::string> announced_;  // images that have their first line
};

}  // namespace skiff::cli
