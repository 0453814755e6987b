#include "image/transfer/tar_split_writer.h"

#include <archive.h>
#include <archive_entry.h>

#include "common/base64.h"
#include "common/json.h"
#include "image/transfer/utf8.h"

namespace skiff::image {
namespace {

using common::ErrorCode;
using common::MakeError;
using common::Result;

constexpr size_t kSegmentLimit = 1u << 20;
constexpr size_t kOutputChunk = 64u << 10;

common::Error Failure(archive* a) {
  const char* why = archive_error_string(a);
  return MakeError(ErrorCode::kInternal, "write the layer's tar-split file: {}", why != nullptr ? why : "unknown error");
}

std::string Quoted(std::string_view text) {
  return common::ToJson(common::JsonValue(rapidjson::StringRef(text.data(), text.size())));
}

}  // namespace

void TarSplitWriter::Free::operator()(archive* a) const { archive_write_free(a); }

Result<TarSplitWriter> TarSplitWriter::Open(int fd) {
  TarSplitWriter writer(archive_write_new());
  archive* a = writer.archive_.get();
  const std::unique_ptr<archive_entry, decltype(&archive_entry_free)> entry(archive_entry_new(), &archive_entry_free);
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  if (archive_write_set_format_raw(a) != ARCHIVE_OK || archive_write_add_filter_gzip(a) != ARCHIVE_OK ||
      archive_write_set_filter_option(a, "gzip", "compression-level", "1") != ARCHIVE_OK ||
      archive_write_open_fd(a, fd) != ARCHIVE_OK || archive_write_header(a, entry.get()) != ARCHIVE_OK)
    return Failure(a);
  return writer;
}

Result<> TarSplitWriter::Raw(std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t room = kSegmentLimit - segment_.size();
    segment_ += bytes.substr(0, room);
    bytes.remove_prefix(std::min(room, bytes.size()));
    if (segment_.size() == kSegmentLimit) TRY(FlushSegment());
  }
  return {};
}

Result<> TarSplitWriter::File(std::string_view name, int64_t size, std::string_view crc) {
  TRY(FlushSegment());
  std::string members = R"("type":1,)";
  members += IsUtf8(name) ? R"("name":)" + Quoted(name) : R"("name_raw":")" + common::EncodeBase64(name) + '"';
  if (size > 0) members += fmt::format(R"(,"size":{},"payload":"{}")", size, common::EncodeBase64(crc));
  else members += R"(,"payload":null)";
  return WriteLine(members);
}

Result<> TarSplitWriter::Finish() {
  TRY(FlushSegment());
  archive* a = archive_.get();
  if (archive_write_data(a, output_.data(), output_.size()) < 0 || archive_write_close(a) != ARCHIVE_OK) return Failure(a);
  return {};
}

Result<> TarSplitWriter::FlushSegment() {
  if (segment_.empty()) return {};
  const std::string members = fmt::format(R"("type":2,"payload":"{}")", common::EncodeBase64(segment_));
  segment_.clear();
  return WriteLine(members);
}

Result<> TarSplitWriter::WriteLine(std::string_view members) {
  output_ += fmt::format("{{{},\"position\":{}}}\n", members, position_++);
  if (output_.size() < kOutputChunk) return {};
  if (archive_write_data(archive_.get(), output_.data(), output_.size()) < 0) return Failure(archive_.get());
  output_.clear();
  return {};
}

}  // namespace skiff::image
