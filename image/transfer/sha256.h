// SHA-256 and streams that compute it on the way.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "image/transfer/byte_source.h"

struct evp_md_ctx_st;

namespace skiff::image {

class Sha256 {
 public:
  Sha256();
  void Update(std::string_view data);
  std::string Hex();  // ends the computation

  static std::string HexOf(std::string_view data);
  static std::string DigestOf(std::string_view data) { return "sha256:" + HexOf(data); }

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

// Passes a stream through and remembers its digest and length.
class DigestingSource : public ByteSource {
 public:
  explicit DigestingSource(std::unique_ptr<ByteSource> inner) : inner_(std::move(inner)) {}
  common::Result<std::string_view> Next() override;

  int64_t size() const { return size_; }
  std::string Digest() { return "sha256:" + hash_.Hex(); }  // once, after the end

 private:
  std::unique_ptr<ByteSource> inner_;
  Sha256 hash_;
  int64_t size_ = 0;
};

}  // namespace skiff::image
