#include "image/transfer/gunzip.h"

#include <isa-l/igzip_lib.h>

#include <algorithm>
#include <vector>

namespace skiff::image {
namespace {

using common::ErrorCode;
using common::MakeError;
using common::Result;

constexpr size_t kOutput = 256u << 10;

class GunzipSource : public ByteSource {
 public:
  explicit GunzipSource(std::unique_ptr<ByteSource> inner)
      : inner_(std::move(inner)), state_(std::make_unique<inflate_state>()), output_(kOutput) {
    isal_inflate_init(state_.get());
    state_->crc_flag = ISAL_GZIP;
    state_->avail_in = 0;
  }

  Result<std::string_view> Next() override {
    while (true) {
      // Between members: another one, or the end.
      if (is_between_) {
        ASSIGN_OR_RETURN(const bool more, BeginMember());
        if (!more) return std::string_view();
      }
      state_->next_out = output_.data();
      state_->avail_out = static_cast<uint32_t>(output_.size());
      TRY(Inflate());
      const size_t given = output_.size() - state_->avail_out;
      if (given > 0) return std::string_view(reinterpret_cast<const char*>(output_.data()), given);
    }
  }

 private:
  // Fills the output, unless the member ends before.
  Result<> Inflate() {
    while (state_->avail_out > 0) {
      // Much may wait inside ISA-L without further input.
      if (const int code = isal_inflate(state_.get()); code < 0 || code == ISAL_NEED_DICT) return Failure(code);
      if (state_->block_state == ISAL_BLOCK_FINISH) {
        is_between_ = true;
        return {};
      }
      if (state_->avail_in > 0 || state_->avail_out == 0) continue;
      ASSIGN_OR_RETURN(const bool more, Refill());
      if (!more) return MakeError(ErrorCode::kInvalid, "decompress: truncated gzip input");
    }
    return {};
  }

  Result<bool> BeginMember() {
    std::string magic;
    // Two bytes tell; they may lie in two chunks.
    while (magic.size() < 2) {
      if (rest_.empty() && state_->avail_in > 0) TakeBackInput();
      if (rest_.empty()) {
        ASSIGN_OR_RETURN(rest_, inner_->Next());
        if (rest_.empty()) return false;
      }
      const size_t n = std::min(rest_.size(), 2 - magic.size());
      magic += rest_.substr(0, n);
      rest_.remove_prefix(n);
    }
    if (magic != "\x1f\x8b") return false;
    isal_inflate_reset(state_.get());
    state_->crc_flag = ISAL_GZIP;
    is_between_ = false;
    // The magic again, before what follows it.
    magic_ = magic;
    state_->next_in = reinterpret_cast<uint8_t*>(magic_.data());
    state_->avail_in = static_cast<uint32_t>(magic_.size());
    return true;
  }

  void TakeBackInput() {
    rest_ = std::string_view(reinterpret_cast<const char*>(state_->next_in), state_->avail_in);
    state_->avail_in = 0;
  }

  Result<bool> Refill() {
    if (rest_.empty()) {
      ASSIGN_OR_RETURN(rest_, inner_->Next());
      if (rest_.empty()) return false;
    }
    // ISA-L counts in 32 bits; no source gives nearly as much at once.
    state_->next_in = reinterpret_cast<uint8_t*>(const_cast<char*>(rest_.data()));
    state_->avail_in = static_cast<uint32_t>(rest_.size());
    rest_ = {};
    return true;
  }

  static common::Error Failure(int code) {
    const char* why = "broken gzip data";
    if (code == ISAL_INVALID_WRAPPER) why = "broken gzip header";
    if (code == ISAL_UNSUPPORTED_METHOD) why = "gzip header with an unknown method";
    if (code == ISAL_INCORRECT_CHECKSUM) why = "gzip check sum does not match";
    return MakeError(ErrorCode::kInvalid, "decompress: {}", why);
  }

  std::unique_ptr<ByteSource> inner_;
  std::unique_ptr<inflate_state> state_;  // 80 kB
  std::vector<uint8_t> output_;
  std::string_view rest_;  // of inner's last chunk, not given to ISA-L yet
  std::string magic_;
  bool is_between_ = true;
};

}  // namespace

std::unique_ptr<ByteSource> Gunzip(std::unique_ptr<ByteSource> inner) { return std::make_unique<GunzipSource>(std::move(inner)); }

}  // namespace skiff::image
