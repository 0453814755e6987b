#include "image/transfer/registry_blob.h"

#include <charconv>
#include <thread>

namespace skiff::image {
namespace {

using common::ErrorCode;
using common::MakeError;
using common::Result;

constexpr int64_t kProgressThatCounts = 1 << 20;  // a connection that brought so much may break again for free

int64_t ContentLength(const HttpHead& head) {
  const std::string text = head.Get("content-length");
  int64_t value = -1;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  return parsed.ec == std::errc() ? value : -1;
}

// Where the answer to a Range begins: "bytes 100-199/200"; -1 if it does not say.
int64_t RangeStart(const HttpHead& head) {
  const std::string text = head.Get("content-range");
  if (!text.starts_with("bytes ")) return -1;
  int64_t value = -1;
  const auto parsed = std::from_chars(text.data() + 6, text.data() + text.size(), value);
  return parsed.ec == std::errc() ? value : -1;
}

class RegistryBlob : public ByteSource {
 public:
  RegistryBlob(RegistrySession& session, HttpPool& pool, const RetryPolicy& retry, BlobRequest request)
      : session_(session), client_(pool.Take()), retry_(retry), request_(std::move(request)) {}

  Result<std::string_view> Next() override {
    while (true) {
      auto chunk = Read();
      if (chunk) return chunk;
      if (!IsTransient(chunk.error()) || attempts_ >= retry_.tries) return chunk;
      if (request_.retrying) request_.retrying(chunk.error(), attempts_ + 1);
      std::this_thread::sleep_for(retry_.Delay(attempts_++));
      is_open_ = false;
    }
  }

 private:
  Result<std::string_view> Read() {
    if (!is_open_) TRY(Open());
    while (true) {
      ASSIGN_OR_RETURN(std::string_view chunk, client_->Next());
      if (chunk.empty()) {
        if (offset_ == request_.size) return chunk;
        return MakeError(ErrorCode::kUnavailable, "blob {}: the connection ended after {} of {} bytes", request_.digest, offset_,
                         request_.size);
      }
      if (skip_ > 0) {
        const int64_t n = std::min<int64_t>(skip_, static_cast<int64_t>(chunk.size()));
        skip_ -= n;
        chunk.remove_prefix(static_cast<size_t>(n));
        if (chunk.empty()) continue;
      }
      offset_ += static_cast<int64_t>(chunk.size());
      if (offset_ > request_.size) {
        client_->Abort();
        return MakeError(ErrorCode::kInvalid, "blob {}: the registry sends more than the {} bytes that were announced", request_.digest,
                         request_.size);
      }
      if (offset_ - opened_at_ >= kProgressThatCounts) attempts_ = 0;
      if (request_.progress) request_.progress(offset_);
      return chunk;
    }
  }

  Result<> Open() {
    HttpRequest http;
    http.url = fmt::format("/v2/{}/blobs/{}", request_.repository, request_.digest);
    if (offset_ > 0) http.headers.push_back(fmt::format("Range: bytes={}-", offset_));
    ASSIGN_OR_RETURN(const HttpHead head, session_.Send(*client_, http, fmt::format("repository:{}:pull", request_.repository)),
                     "fetching blob {}", request_.digest);
    skip_ = 0;
    int64_t expected = request_.size;
    if (offset_ > 0 && head.status == 206) {
      if (RangeStart(head) != offset_)
        return MakeError(ErrorCode::kInvalid, "blob {}: asked from byte {} on, the registry answers with \"{}\"", request_.digest,
                         offset_, head.Get("content-range"));
      expected -= offset_;
    } else if (head.status == 200) {
      skip_ = offset_;
    } else {
      return AnswerError(*client_, head, fmt::format("fetching blob {}", request_.digest));
    }
    const int64_t length = ContentLength(head);
    if (length >= 0 && length != expected)
      return MakeError(ErrorCode::kInvalid, "blob {}: the registry announces {} bytes, the manifest {}", request_.digest, length, expected);
    is_open_ = true;
    opened_at_ = offset_;
    return {};
  }

  RegistrySession& session_;
  HttpPool::Lease client_;
  RetryPolicy retry_;
  BlobRequest request_;
  bool is_open_ = false;
  int attempts_ = 0;
  int64_t offset_ = 0;     // given to the reader
  int64_t opened_at_ = 0;
  int64_t skip_ = 0;       // come again and not given again
};

}  // namespace

std::chrono::milliseconds RetryPolicy::Delay(int attempt) const {
  if (delay.count() > 0) return delay;
  return std::chrono::seconds(1 << std::min(attempt, 6));
}

std::unique_ptr<ByteSource> OpenRegistryBlob(RegistrySession& session, HttpPool& pool, const RetryPolicy& retry, BlobRequest request) {
  return std::make_unique<RegistryBlob>(session, pool, retry, std::move(request));
}

}  // namespace skiff::image
