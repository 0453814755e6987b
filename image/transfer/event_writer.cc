#include "image/transfer/event_writer.h"

#include <chrono>
#include <cstdio>
#include <memory>

namespace skiff::image {

void EventWriter::Write(const TransferEvent& event) {
  const std::string line = EncodeTransferEvent(event) + "\n";
  const std::lock_guard guard(mutex_);
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fflush(stdout);
}

std::function<void(int64_t)> EventWriter::Progress(const std::string& image, const std::string& digest, int64_t size) {
  if (!pieces_) return {};
  constexpr std::chrono::milliseconds kInterval{100};
  const auto last = std::make_shared<std::chrono::steady_clock::time_point>();
  return [=, this](int64_t bytes) {
    const auto now = std::chrono::steady_clock::now();
    if (now - *last < kInterval) return;
    *last = now;
    Write({TransferEvent::Kind::kProgress, image, digest, "", bytes, size});
  };
}

}  // namespace skiff::image
