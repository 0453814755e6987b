#include "image/transfer/read_ahead.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>

namespace skiff::image {
namespace {

using common::Result;

constexpr size_t kPieceSize = 256u << 10;
constexpr size_t kMaxPieces = 8;

class ReadAheadSource : public ByteSource {
 public:
  explicit ReadAheadSource(std::unique_ptr<ByteSource> inner) : inner_(std::move(inner)), thread_([this] { Fill(); }) {}

  ~ReadAheadSource() override {
    {
      const std::lock_guard<std::mutex> guard(mutex_);
      abandoned_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  Result<std::string_view> Next() override {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return !pieces_.empty() || ended_; });
    if (pieces_.empty()) {
      if (error_) return *error_;
      return std::string_view();
    }
    current_ = std::move(pieces_.front());
    pieces_.pop_front();
    lock.unlock();
    changed_.notify_all();
    return std::string_view(current_);
  }

 private:
  void Fill() {
    auto piece = ReadPiece();
    while (piece && !piece->empty() && Put(std::move(*piece))) piece = ReadPiece();
    const std::lock_guard<std::mutex> guard(mutex_);
    if (!piece) error_ = piece.error();
    ended_ = true;
    changed_.notify_all();
  }

  Result<std::string> ReadPiece() {
    std::string piece;
    piece.reserve(kPieceSize);
    while (piece.size() < kPieceSize) {
      ASSIGN_OR_RETURN(const std::string_view chunk, inner_->Next());
      if (chunk.empty()) break;
      piece += chunk;
    }
    return piece;
  }

  // False when nobody wants more.
  bool Put(std::string piece) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return pieces_.size() < kMaxPieces || abandoned_; });
    if (abandoned_) return false;
    pieces_.push_back(std::move(piece));
    lock.unlock();
    changed_.notify_all();
    return true;
  }

  std::unique_ptr<ByteSource> inner_;  // the thread's until it has ended
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> pieces_;
  std::optional<common::Error> error_;
  bool ended_ = false;
  bool abandoned_ = false;
  std::string current_;
  std::thread thread_;  // last: starts when all else is there
};

}  // namespace

std::unique_ptr<ByteSource> ReadAhead(std::unique_ptr<ByteSource> inner) {
  return std::make_unique<ReadAheadSource>(std::move(inner));
}

}  // namespace skiff::image
