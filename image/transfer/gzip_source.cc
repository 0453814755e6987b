#include "image/transfer/gzip_source.h"

#include <archive.h>
#include <archive_entry.h>

namespace skiff::image {
namespace {

using common::ErrorCode;
using common::MakeError;
using common::Result;

class CompressingSource : public ByteSource {
 public:
  explicit CompressingSource(std::unique_ptr<ByteSource> inner) : inner_(std::move(inner)), archive_(archive_write_new()) {}

  Result<> Open(int filter) {
    archive* a = archive_.get();
    const std::unique_ptr<archive_entry, decltype(&archive_entry_free)> entry(archive_entry_new(), &archive_entry_free);
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    if (archive_write_set_format_raw(a) != ARCHIVE_OK || archive_write_add_filter(a, filter) != ARCHIVE_OK ||
        (filter == ARCHIVE_FILTER_GZIP && archive_write_set_filter_option(a, "gzip", "timestamp", nullptr) != ARCHIVE_OK) ||
        archive_write_set_bytes_per_block(a, 0) != ARCHIVE_OK ||
        archive_write_open(a, this, nullptr, &CompressingSource::Write, nullptr) != ARCHIVE_OK ||
        archive_write_header(a, entry.get()) != ARCHIVE_OK)
      return Failure();
    return {};
  }

  Result<std::string_view> Next() override {
    output_.clear();
    while (output_.empty() && !ended_) {
      ASSIGN_OR_RETURN(const std::string_view chunk, inner_->Next());
      ended_ = chunk.empty();
      if (ended_ ? archive_write_close(archive_.get()) != ARCHIVE_OK
                 : archive_write_data(archive_.get(), chunk.data(), chunk.size()) < 0)
        return Failure();
    }
    return std::string_view(output_);
  }

 private:
  struct Free {
    void operator()(archive* a) const { archive_write_free(a); }
  };

  static la_ssize_t Write(archive*, void* self, const void* data, size_t size) {
    static_cast<CompressingSource*>(self)->output_.append(static_cast<const char*>(data), size);
    return static_cast<la_ssize_t>(size);
  }

  common::Error Failure() const {
    const char* why = archive_error_string(archive_.get());
    return MakeError(ErrorCode::kInternal, "compress: {}", why != nullptr ? why : "unknown error");
  }

  std::unique_ptr<ByteSource> inner_;
  std::string output_;  // before archive_: freeing an archive that was not closed writes its rest
  std::unique_ptr<archive, Free> archive_;
  bool ended_ = false;
};

}  // namespace

Result<std::unique_ptr<ByteSource>> Gzip(std::unique_ptr<ByteSource> inner) {
  auto source = std::make_unique<CompressingSource>(std::move(inner));
  TRY(source->Open(ARCHIVE_FILTER_GZIP));
  return std::unique_ptr<ByteSource>(std::move(source));
}

Result<std::unique_ptr<ByteSource>> Zstd(std::unique_ptr<ByteSource> inner) {
  auto source = std::make_unique<CompressingSource>(std::move(inner));
  TRY(source->Open(ARCHIVE_FILTER_ZSTD));
  return std::unique_ptr<ByteSource>(std::move(source));
}

}  // namespace skiff::image
