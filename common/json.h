// JSON documents: RapidJSON behind a few helpers, so that its macros and habits stay in one place.
#pragma once

#include <rapidjson/document.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace skiff::common {

using JsonValue = rapidjson::Value;
using JsonDocument = rapidjson::Document;

// Parses one JSON text; the error gives line and column. `what` names the text ("plan.json").
Result<JsonDocument> ParseJson(std::string_view text, std::string_view what);

std::string ToJson(const JsonValue& value);
std::string ToPrettyJson(const JsonValue& value, unsigned indent = 2);

// Lenient reading of an object's members: the fallback when absent or of another type.
std::string_view GetString(const JsonValue& object, const char* name, std::string_view fallback = "");
int64_t GetInt(const JsonValue& object, const char* name, int64_t fallback = 0);
bool GetBool(const JsonValue& object, const char* name, bool fallback = false);
double GetDouble(const JsonValue& object, const char* name, double fallback = 0);
// Null when absent or not an object/array.
const JsonValue* FindObject(const JsonValue& object, const char* name);
const JsonValue* FindArray(const JsonValue& object, const char* name);
std::vector<std::string> GetStrings(const JsonValue& object, const char* name);
std::map<std::string, std::string> GetStringMap(const JsonValue& object, const char* name);

// Builds values with one allocator: JsonBuilder b; b.root() is an object.
class JsonBuilder {
 public:
  JsonBuilder() { document_.SetObject(); }
  JsonDocument& root() { return document_; }
  rapidjson::Document::AllocatorType& allocator() { return document_.GetAllocator(); }

  JsonValue Object() { return JsonValue(rapidjson::kObjectType); }
  JsonValue Array() { return JsonValue(rapidjson::kArrayType); }
  JsonValue String(std::string_view s) {
    return JsonValue(s.data(), static_cast<rapidjson::SizeType>(s.size()), allocator());
  }
  JsonValue Strings(const std::vector<std::string>& list);
  JsonValue StringMap(const std::map<std::string, std::string>& map);

  // Set(object, "name", value); strings are copied.
  void Set(JsonValue& object, std::string_view name, JsonValue value);
  void Set(JsonValue& object, std::string_view name, std::string_view value) { Set(object, name, String(value)); }
  void Set(JsonValue& object, std::string_view name, const std::string& value) { Set(object, name, String(value)); }
  void Set(JsonValue& object, std::string_view name, const char* value) { Set(object, name, String(value)); }
  void Set(JsonValue& object, std::string_view name, bool value) { Set(object, name, JsonValue(value)); }
  void Set(JsonValue& object, std::string_view name, int value) { Set(object, name, JsonValue(value)); }
  void Set(JsonValue& object, std::string_view name, unsigned value) { Set(object, name, JsonValue(value)); }
  void Set(JsonValue& object, std::string_view name, int64_t value) { Set(object, name, JsonValue(value)); }
  void Set(JsonValue& object, std::string_view name, uint64_t value) { Set(object, name, JsonValue(value)); }
  void Set(JsonValue& object, std::string_view name, double value) { Set(object, name, JsonValue(value)); }
  void Push(JsonValue& array, JsonValue value) { array.PushBack(value, allocator()); }
  void Push(JsonValue& array, std::string_view value) { Push(array, String(value)); }

 private:
  JsonDocument document_;
};

}  // namespace skiff::common
