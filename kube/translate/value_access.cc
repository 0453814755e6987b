#include "kube/translate/value_access.h"

#include <algorithm>

#include "common/json.h"

namespace skiff::kube {
namespace {

constexpr unsigned kIndent = 4;

Value FromJson(const common::JsonValue& json) {
  if (json.IsBool()) return Value::Bool(json.GetBool());
  if (json.IsString()) return Value::String({json.GetString(), json.GetStringLength()});
  if (json.IsInt64()) return Value::Int(json.GetInt64());
  if (json.IsNumber()) return Value::Float(common::ToJson(json));
  if (json.IsArray()) {
    Value list = Value::List();
    for (const auto& item : json.GetArray()) list.items().push_back(FromJson(item));
    return list;
  }
  if (!json.IsObject()) return Value();
  Value map = Value::Map();
  for (const auto& member : json.GetObject())
    map.entries().push_back(
        {{member.name.GetString(), member.name.GetStringLength()}, {}, FromJson(member.value)});
  return map;
}

}  // namespace

const Value& At(const Value& value, std::string_view path) {
  static const Value kNothing;
  const Value* at = &value;
  while (!path.empty()) {
    const size_t dot = std::min(path.find('.'), path.size());
    at = at->Find(path.substr(0, dot));
    if (at == nullptr) return kNothing;
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  return *at;
}

const std::string& TextAt(const Value& value, std::string_view path) { return At(value, path).text(); }

int64_t IntAt(const Value& value, std::string_view path, int64_t fallback) {
  const Value& found = At(value, path);
  return found.is(Value::Kind::kInt) ? found.int_value() : fallback;
}

bool BoolAt(const Value& value, std::string_view path) {
  const Value& found = At(value, path);
  return found.is(Value::Kind::kBool) && found.bool_value();
}

Value SortedKeys(Value value) {
  for (Value& item : value.items()) item = SortedKeys(std::move(item));
  for (Value::Entry& entry : value.entries()) entry.value = SortedKeys(std::move(entry.value));
  std::stable_sort(value.entries().begin(), value.entries().end(),
                   [](const Value::Entry& a, const Value::Entry& b) { return a.key < b.key; });
  return value;
}

common::Result<Value> ParseJsonValue(std::string_view text, std::string_view what) {
  ASSIGN_OR_RETURN(const common::JsonDocument document, common::ParseJson(text, what));
  return FromJson(document);
}

std::string ToPrettyJson(const Value& value) {
  const auto document = common::ParseJson(SortedKeys(value).ToJson(), "object");
  return document ? common::ToPrettyJson(*document, kIndent) : value.ToJson();
}

}  // namespace skiff::kube
