// Writes events to standard output, whole lines from several threads.
#pragma once

#include <functional>
#include <mutex>
#include <string>

#include "image/transfer_event.h"

namespace skiff::image {

class EventWriter {
 public:
  // `pieces`: tell of progress within blobs too.
  explicit EventWriter(bool pieces) : pieces_(pieces) {}

  void Write(const TransferEvent& event);
  // For BlobRequest::progress: an event now and then.
  std::function<void(int64_t)> Progress(const std::string& image, const std::string& digest, int64_t size);

 private:
  bool pieces_;
  std::mutex mutex_;
};

}  // namespace skiff::image
