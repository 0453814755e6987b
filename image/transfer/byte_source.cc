#include "image/transfer/byte_source.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

namespace skiff::image {
namespace {

using common::ErrnoError;
using common::ErrorCode;
using common::MakeError;
using common::Result;

constexpr size_t kChunk = 256u << 10;

class RangeSource : public ByteSource {
 public:
  RangeSource(int fd, common::UniqueFd owned, int64_t offset, int64_t length, std::string name)
      : fd_(fd), owned_(std::move(owned)), offset_(offset), left_(length), name_(std::move(name)) {}

  Result<std::string_view> Next() override {
    if (left_ == 0) return std::string_view();
    buffer_.resize(static_cast<size_t>(std::min<int64_t>(left_, kChunk)));
    ssize_t n;
    do n = ::pread(fd_, buffer_.data(), buffer_.size(), offset_);
    while (n < 0 && errno == EINTR);
    if (n < 0) return ErrnoError("read {}", name_);
    if (n == 0) return MakeError(ErrorCode::kInvalid, "{} is truncated: {} more bytes were announced", name_, left_);
    offset_ += n;
    left_ -= n;
    return std::string_view(buffer_.data(), static_cast<size_t>(n));
  }

  Result<int64_t> TrySkip(int64_t count) override {
    count = std::min(count, left_);
    offset_ += count;
    left_ -= count;
    return count;
  }

 private:
  int fd_;
  common::UniqueFd owned_;
  int64_t offset_;
  int64_t left_;
  std::string name_;
  std::vector<char> buffer_;
};

class StreamSource : public ByteSource {
 public:
  StreamSource(common::UniqueFd fd, std::string name) : fd_(std::move(fd)), name_(std::move(name)), buffer_(kChunk) {}

  Result<std::string_view> Next() override {
    ssize_t n;
    do n = ::read(fd_.get(), buffer_.data(), buffer_.size());
    while (n < 0 && errno == EINTR);
    if (n < 0) return ErrnoError("read {}", name_);
    return std::string_view(buffer_.data(), static_cast<size_t>(n));
  }

 private:
  common::UniqueFd fd_;
  std::string name_;
  std::vector<char> buffer_;
};

}  // namespace

std::unique_ptr<ByteSource> ReadRange(int fd, int64_t offset, int64_t length, std::string name) {
  return std::make_unique<RangeSource>(fd, common::UniqueFd(), offset, length, std::move(name));
}

std::unique_ptr<ByteSource> ReadWhole(common::UniqueFd fd, int64_t length, std::string name) {
  const int number = fd.get();
  return std::make_unique<RangeSource>(number, std::move(fd), 0, length, std::move(name));
}

std::unique_ptr<ByteSource> ReadStream(common::UniqueFd fd, std::string name) {
  return std::make_unique<StreamSource>(std::move(fd), std::move(name));
}

}  // namespace skiff::image
