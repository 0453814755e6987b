#include "image/transfer/sha256.h"

#include <openssl/evp.h>

#include <cstdlib>

namespace skiff::image {

void Sha256::Free::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  // Fails only without memory or without the algorithm, and nothing can be verified then.
  if (context_ == nullptr || EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) != 1) std::abort();
}

void Sha256::Update(std::string_view data) {
  if (EVP_DigestUpdate(context_.get(), data.data(), data.size()) != 1) std::abort();
}

std::string Sha256::Hex() {
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  if (EVP_DigestFinal_ex(context_.get(), bytes, &length) != 1) std::abort();
  std::string text;
  for (unsigned i = 0; i < length; ++i) text += fmt::format("{:02x}", bytes[i]);
  return text;
}

std::string Sha256::HexOf(std::string_view data) {
  Sha256 hash;
  hash.Update(data);
  return hash.Hex();
}

common::Result<std::string_view> DigestingSource::Next() {
  auto chunk = inner_->Next();
  if (!chunk) return chunk;
  hash_.Update(*chunk);
  size_ += static_cast<int64_t>(chunk->size());
  return chunk;
}

}  // namespace skiff::image
