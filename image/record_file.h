// One of the store's JSON files: a list of records. Members that are not ours survive a change.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/json.h"
#include "common/result.h"

namespace skiff::image {

class RecordFile {
 public:
  // An absent or empty file is an empty list. kInvalid: not a JSON list of objects.
  static common::Result<RecordFile> Load(const std::string& path);

  rapidjson::Document::AllocatorType& allocator() { return document_.GetAllocator(); }
  common::JsonDocument& records() { return document_; }
  const common::JsonDocument& records() const { return document_; }
  // Null if absent.
  common::JsonValue* FindById(std::string_view id);
  const common::JsonValue* FindById(std::string_view id) const;

  void Add(common::JsonValue record) { document_.PushBack(record, allocator()); }
  void RemoveById(std::string_view id);
  void Set(common::JsonValue& record, const char* name, common::JsonValue value);
  void Set(common::JsonValue& record, const char* name, std::string_view value) { Set(record, name, String(value)); }
  void SetStrings(common::JsonValue& record, const char* name, const std::vector<std::string>& list);
  common::JsonValue String(std::string_view text);

  // Replaces the file: mode 0600, flushed to disk before the rename.
  common::Result<> Save() const;

 private:
  std::string path_;
  common::JsonDocument document_;
};

}  // namespace skiff::image
