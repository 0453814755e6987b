#include "image/record_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstdio>

#include "common/file.h"
#include "common/unique_fd.h"

namespace skiff::image {

using common::ErrnoError;
using common::ErrorCode;
using common::JsonValue;
using common::MakeError;
using common::Result;

Result<RecordFile> RecordFile::Load(const std::string& path) {
  RecordFile file;
  file.path_ = path;
  auto text = common::ReadFile(path, 1u << 30);
  if (!text && text.error().code() != ErrorCode::kNotFound) return std::move(text).error();
  if (!text || text->empty()) {
    file.document_.SetArray();
    return file;
  }
  ASSIGN_OR_RETURN(file.document_, common::ParseJson(*text, path));
  if (file.document_.IsNull()) file.document_.SetArray();
  if (!file.document_.IsArray()) return MakeError(ErrorCode::kInvalid, "{}: not a JSON list", path);
  for (const auto& record : file.document_.GetArray())
    if (!record.IsObject()) return MakeError(ErrorCode::kInvalid, "{}: holds something other than records", path);
  return file;
}

const JsonValue* RecordFile::FindById(std::string_view id) const {
  for (const auto& record : document_.GetArray())
    if (common::GetString(record, "id") == id) return &record;
  return nullptr;
}

JsonValue* RecordFile::FindById(std::string_view id) {
  return const_cast<JsonValue*>(static_cast<const RecordFile*>(this)->FindById(id));
}

void RecordFile::RemoveById(std::string_view id) {
  for (auto it = document_.Begin(); it != document_.End();)
    it = common::GetString(*it, "id") == id ? document_.Erase(it) : it + 1;
}

void RecordFile::Set(JsonValue& record, const char* name, JsonValue value) {
  record.RemoveMember(name);
  record.AddMember(String(name), value, allocator());
}

void RecordFile::SetStrings(JsonValue& record, const char* name, const std::vector<std::string>& list) {
  JsonValue array(rapidjson::kArrayType);
  for (const auto& item : list) array.PushBack(String(item), allocator());
  Set(record, name, std::move(array));
}

JsonValue RecordFile::String(std::string_view text) {
  return JsonValue(text.data(), static_cast<rapidjson::SizeType>(text.size()), allocator());
}

Result<> RecordFile::Save() const {
  const size_t slash = path_.rfind('/') + 1;
  // One name, as whoever writes holds the file's lock: what a killed writer left is used by the next one.
  const std::string temporary = path_.substr(0, slash) + ".tmp-" + path_.substr(slash) + ".skiff";
  ASSIGN_OR_RETURN(const common::UniqueFd fd, common::Open(temporary, O_WRONLY | O_CREAT | O_TRUNC, 0600));
  Result<> result = common::WriteAll(fd.get(), common::ToJson(document_));
  if (result && ::fdatasync(fd.get()) != 0) result = ErrnoError("flush");
  if (result && ::rename(temporary.c_str(), path_.c_str()) != 0) result = ErrnoError("rename");
  if (result) return {};
  ::unlink(temporary.c_str());
  return std::move(result).error().Wrap(path_);
}

}  // namespace skiff::image
