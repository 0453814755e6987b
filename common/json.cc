#include "common/json.h"

#include <rapidjson/error/en.h>
#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>

namespace skiff::common {
namespace {

const JsonValue* Find(const JsonValue& object, const char* name) {
  if (!object.IsObject()) return nullptr;
  const auto member = object.FindMember(name);
  return member == object.MemberEnd() ? nullptr : &member->value;
}

}  // namespace

Result<JsonDocument> ParseJson(std::string_view text, std::string_view what) {
  JsonDocument document;
  // Iterative parsing: deeply nested input must not exhaust the stack.
  document.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag>(text.data(), text.size());
  if (document.HasParseError()) {
    const std::string_view before = text.substr(0, document.GetErrorOffset());
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const size_t start = before.rfind('\n');
    const size_t column = start == std::string_view::npos ? before.size() + 1 : before.size() - start;
    return MakeError(ErrorCode::kInvalid, "{}:{}:{}: not valid JSON: {}", what, line, column,
                     rapidjson::GetParseError_En(document.GetParseError()));
  }
  return document;
}

std::string ToJson(const JsonValue& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  value.Accept(writer);
  return {buffer.GetString(), buffer.GetSize()};
}

std::string ToPrettyJson(const JsonValue& value, unsigned indent) {
  rapidjson::StringBuffer buffer;
  rapidjson::PrettyWriter<rapidjson::StringBuffer> writer(buffer);
  writer.SetIndent(' ', indent);
  value.Accept(writer);
  return {buffer.GetString(), buffer.GetSize()};
}

std::string_view GetString(const JsonValue& object, const char* name, std::string_view fallback) {
  const JsonValue* value = Find(object, name);
  return value != nullptr && value->IsString() ? std::string_view(value->GetString(), value->GetStringLength())
                                               : fallback;
}

int64_t GetInt(const JsonValue& object, const char* name, int64_t fallback) {
  const JsonValue* value = Find(object, name);
  return value != nullptr && value->IsInt64() ? value->GetInt64() : fallback;
}

bool GetBool(const JsonValue& object, const char* name, bool fallback) {
  const JsonValue* value = Find(object, name);
  return value != nullptr && value->IsBool() ? value->GetBool() : fallback;
}

double GetDouble(const JsonValue& object, const char* name, double fallback) {
  const JsonValue* value = Find(object, name);
  return value != nullptr && value->IsNumber() ? value->GetDouble() : fallback;
}

const JsonValue* FindObject(const JsonValue& object, const char* name) {
  const JsonValue* value = Find(object, name);
  return value != nullptr && value->IsObject() ? value : nullptr;
}

const JsonValue* FindArray(const JsonValue& object, const char* name) {
  const JsonValue* value = Find(object, name);
  return value != nullptr && value->IsArray() ? value : nullptr;
}

std::vector<std::string> GetStrings(const JsonValue& object, const char* name) {
  std::vector<std::string> result;
  const JsonValue* value = FindArray(object, name);
  if (value == nullptr) return result;
  for (const auto& item : value->GetArray())
    if (item.IsString()) result.emplace_back(item.GetString(), item.GetStringLength());
  return result;
}

std::map<std::string, std::string> GetStringMap(const JsonValue& object, const char* name) {
  std::map<std::string, std::string> result;
  const JsonValue* value = FindObject(object, name);
  if (value == nullptr) return result;
  for (const auto& member : value->GetObject())
    if (member.value.IsString())
      result.emplace(std::string(member.name.GetString(), member.name.GetStringLength()),
                     std::string(member.value.GetString(), member.value.GetStringLength()));
  return result;
}

JsonValue JsonBuilder::Strings(const std::vector<std::string>& list) {
  JsonValue array = Array();
  for (const auto& s : list) Push(array, s);
  return array;
}

JsonValue JsonBuilder::StringMap(const std::map<std::string, std::string>& map) {
  JsonValue object = Object();
  for (const auto& [key, value] : map) Set(object, key, value);
  return object;
}

void JsonBuilder::Set(JsonValue& object, std::string_view name, JsonValue value) {
  JsonValue key = String(name);
  object.RemoveMember(key);
  object.AddMember(key, value, allocator());
}

}  // namespace skiff::common
