// A blob of a registry as a stream that survives broken connections (formats.md 3.2).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "image/transfer/byte_source.h"
#include "image/transfer/registry_session.h"

namespace skiff::image {

struct RetryPolicy {
  int tries = 3;                      // beyond the first, each without much progress in between
  std::chrono::milliseconds delay{0}; // 0: 1, 2, 4, ... seconds

  std::chrono::milliseconds Delay(int attempt) const;  // from 0
};

struct BlobRequest {
  std::string repository;
  std::string digest;
  int64_t size = 0;
  std::function<void(int64_t bytes)> progress;             // bytes of the blob so far; may be empty
  std::function<void(const common::Error&, int attempt)> retrying;  // may be empty
};

// Resumes with Range where the connection broke; a server that ignores it is read from the start again. More or fewer bytes
// than `size` are kInvalid. The digest is the reader's to check.
std::unique_ptr<ByteSource> OpenRegistryBlob(RegistrySession& session, HttpPool& pool, const RetryPolicy& retry, BlobRequest request);

}  // namespace skiff::image
