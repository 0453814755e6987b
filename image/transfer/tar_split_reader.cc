#include "image/transfer/tar_split_reader.h"

#include <fcntl.h>

#include "common/base64.h"
#include "common/file.h"
#include "common/json.h"
#include "image/transfer/decompressor.h"

namespace skiff::image {
namespace {

using common::ErrorCode;
using common::MakeError;
using common::Result;

constexpr size_t kLineLimit = 64u << 20;
constexpr int64_t kFile = 1, kSegment = 2;

}  // namespace

Result<TarSplitReader> TarSplitReader::Open(const std::string& path) {
  ASSIGN_OR_RETURN(common::UniqueFd fd, common::Open(path, O_RDONLY));
  ASSIGN_OR_RETURN(Decompressed decompressed, Decompress(ReadStream(std::move(fd), path)), "{}", path);
  return TarSplitReader(std::move(decompressed.source), path);
}

Result<bool> TarSplitReader::ReadLine(std::string& line) {
  size_t end;
  while ((end = rest_.find('\n', position_)) == std::string::npos) {
    rest_.erase(0, position_);
    position_ = 0;
    const size_t known = rest_.size();
    ASSIGN_OR_RETURN(const std::string_view chunk, source_->Next(), "{}", path_);
    if (chunk.empty() && known == 0) return false;
    if (chunk.empty()) return MakeError(ErrorCode::kInvalid, "{} ends inside a line", path_);
    if (known > kLineLimit) return MakeError(ErrorCode::kInvalid, "{} has a line of more than {} bytes", path_, kLineLimit);
    rest_ += chunk;
  }
  line.assign(rest_, position_, end - position_);
  position_ = end + 1;
  return true;
}

Result<bool> TarSplitReader::Next(TarSplitItem& item) {
  std::string line;
  ASSIGN_OR_RETURN(const bool more, ReadLine(line));
  if (!more) return false;
  ASSIGN_OR_RETURN(const auto record, common::ParseJson(line, path_));
  const auto damaged = [&] { return MakeError(ErrorCode::kInvalid, "{} is damaged: {}", path_, line.substr(0, 80)); };
  if (!record.IsObject()) return damaged();
  const int64_t type = common::GetInt(record, "type");
  item = TarSplitItem();
  item.is_file = type == kFile;
  if (type == kSegment) {
    auto bytes = common::DecodeBase64(common::GetString(record, "payload"));
    if (!bytes) return damaged();
    item.bytes = std::move(*bytes);
    return true;
  }
  if (type != kFile) return damaged();
  item.size = common::GetInt(record, "size");
  item.name = common::GetString(record, "name");
  if (const std::string_view raw = common::GetString(record, "name_raw"); !raw.empty()) {
    auto name = common::DecodeBase64(raw);
    if (!name) return damaged();
    item.name = std::move(*name);
  }
  if (item.size < 0) return damaged();
  return true;
}

}  // namespace skiff::image
