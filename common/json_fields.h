// Structs to JSON and back from one list of fields per struct.
//
//   struct Point { int x = 0; std::string label; };
//   template <typename Visitor> void VisitFields(Visitor& v, Point& p) { v("x", p.x); v("label", p.label); }
//
// then EncodeJson(point) and DecodeJson<Point>(text, "point.json"). Empty strings, lists, maps and structs and absent
// optionals are left out; numbers, booleans and enums are always written, as their default need not be zero. Unknown
// members are ignored, so that an older program reads what a newer one wrote. Enums take
// part through two functions beside them: std::string_view EnumName(E) and std::optional<E> EnumFromName(E*, string_view)
// (the pointer is only a tag and may be null).
#pragma once

#include <optional>
#include <type_traits>
#include <utility>

#include "common/json.h"

namespace skiff::common {

template <typename T>
concept JsonNamedEnum = std::is_enum_v<T> && requires(T value) { EnumName(value); };

class FieldWriter {
 public:
  FieldWriter(JsonBuilder& builder, JsonValue& object) : builder_(builder), object_(object) {}

  template <typename T>
  void operator()(const char* name, T& value) {
    JsonValue encoded = Encode(value);
    const bool empty = encoded.IsNull() || (encoded.IsObject() && encoded.ObjectEmpty()) ||
                       (encoded.IsArray() && encoded.Empty()) || (encoded.IsString() && encoded.GetStringLength() == 0);
    // An optional that holds an empty value is not the same as an absent one.
    if (empty && !HoldsValue(value)) return;
    builder_.Set(object_, name, std::move(encoded));
  }

  template <typename T>
  JsonValue Encode(T& value) {
    using Plain = std::remove_const_t<T>;
    if constexpr (std::is_same_v<Plain, std::string>) return builder_.String(value);
    else if constexpr (std::is_same_v<Plain, bool>) return JsonValue(value);
    else if constexpr (std::is_floating_point_v<Plain>) return JsonValue(static_cast<double>(value));
    else if constexpr (std::is_integral_v<Plain> && std::is_signed_v<Plain>) return JsonValue(static_cast<int64_t>(value));
    else if constexpr (std::is_integral_v<Plain>) return JsonValue(static_cast<uint64_t>(value));
    else if constexpr (JsonNamedEnum<Plain>) return builder_.String(EnumName(value));
    else return EncodeCompound(value);
  }

 private:
  template <typename T>
  static bool HoldsValue(const std::optional<T>& value) {
    return value.has_value();
  }
  template <typename T>
  static bool HoldsValue(const T&) {
    return false;
  }

  template <typename T>
  JsonValue EncodeCompound(std::optional<T>& value) {
    return value ? Encode(*value) : JsonValue();
  }
  template <typename T>
  JsonValue EncodeCompound(std::vector<T>& list) {
    JsonValue array = builder_.Array();
    for (auto& item : list) builder_.Push(array, Encode(item));
    return array;
  }
  template <typename T>
  JsonValue EncodeCompound(std::map<std::string, T>& map) {
    JsonValue object = builder_.Object();
    for (auto& [key, item] : map) builder_.Set(object, key, Encode(item));
    return object;
  }
  template <typename T>
  JsonValue EncodeCompound(T& record) {
    JsonValue object = builder_.Object();
    FieldWriter writer(builder_, object);
    VisitFields(writer, record);
    return object;
  }

  JsonBuilder& builder_;
  JsonValue& object_;
};

// Reads members into fields; a member of the wrong type is an error that names its path.
class FieldReader {
 public:
  FieldReader(const JsonValue& object, std::string path, std::string& error)
      : object_(object), path_(std::move(path)), error_(error) {}

  template <typename T>
  void operator()(const char* name, T& value) {
    if (!object_.IsObject()) return;
    const auto member = object_.FindMember(name);
    if (member == object_.MemberEnd() || member->value.IsNull()) return;
    Decode(member->value, path_ + "." + name, value);
  }

  // For a VisitFields that converts a member itself: reports that it is not what was wanted.
  void Reject(const char* name, const char* wanted) { Expect(false, path_ + "." + name, wanted); }

  template <typename T>
  void Decode(const JsonValue& json, const std::string& path, T& value) {
    if constexpr (std::is_same_v<T, std::string>) {
      if (Expect(json.IsString(), path, "a string")) value.assign(json.GetString(), json.GetStringLength());
    } else if constexpr (std::is_same_v<T, bool>) {
      if (Expect(json.IsBool(), path, "true or false")) value = json.GetBool();
    } else if constexpr (std::is_floating_point_v<T>) {
      if (Expect(json.IsNumber(), path, "a number")) value = static_cast<T>(json.GetDouble());
    } else if constexpr (std::is_integral_v<T> && std::is_signed_v<T>) {
      if (Expect(json.IsInt64() && std::in_range<T>(json.GetInt64()), path, "an integer in range"))
        value = static_cast<T>(json.GetInt64());
    } else if constexpr (std::is_integral_v<T>) {
      if (Expect(json.IsUint64() && std::in_range<T>(json.GetUint64()), path, "an unsigned integer in range"))
        value = static_cast<T>(json.GetUint64());
    } else if constexpr (JsonNamedEnum<T>) {
      if (!Expect(json.IsString(), path, "a string")) return;
      const auto parsed = EnumFromName(static_cast<T*>(nullptr), {json.GetString(), json.GetStringLength()});
      if (Expect(parsed.has_value(), path, "a known name")) value = *parsed;
    } else {
      DecodeCompound(json, path, value);
    }
  }

 private:
  template <typename T>
  void DecodeCompound(const JsonValue& json, const std::string& path, std::optional<T>& value) {
    Decode(json, path, value.emplace());
  }
  template <typename T>
  void DecodeCompound(const JsonValue& json, const std::string& path, std::vector<T>& list) {
    if (!Expect(json.IsArray(), path, "a list")) return;
    list.clear();
    for (const auto& item : json.GetArray()) {
      T decoded{};
      Decode(item, fmt::format("{}[{}]", path, list.size()), decoded);
      list.push_back(std::move(decoded));
    }
  }
  template <typename T>
  void DecodeCompound(const JsonValue& json, const std::string& path, std::map<std::string, T>& map) {
    if (!Expect(json.IsObject(), path, "an object")) return;
    for (const auto& member : json.GetObject()) {
      const std::string key(member.name.GetString(), member.name.GetStringLength());
      Decode(member.value, path + "." + key, map[key]);
    }
  }
  template <typename T>
  void DecodeCompound(const JsonValue& json, const std::string& path, T& record) {
    if (!Expect(json.IsObject(), path, "an object")) return;
    FieldReader reader(json, path, error_);
    VisitFields(reader, record);
  }

  bool Expect(bool condition, const std::string& path, const char* wanted) {
    if (!condition && error_.empty()) error_ = fmt::format("{}: not {}", path, wanted);
    return condition;
  }

  const JsonValue& object_;
  std::string path_;
  std::string& error_;  // the first error found
};

template <typename T>
std::string EncodeJson(const T& record) {
  JsonBuilder builder;
  FieldWriter writer(builder, builder.root());
  VisitFields(writer, const_cast<T&>(record));  // the writer only reads
  return ToJson(builder.root());
}

template <typename T>
Result<T> DecodeJson(const JsonValue& json, std::string_view what) {
  T record{};
  std::string error;
  if (!json.IsObject()) return MakeError(ErrorCode::kInvalid, "{}: not a JSON object", what);
  FieldReader reader(json, std::string(what), error);
  VisitFields(reader, record);
  if (!error.empty()) return Error(ErrorCode::kInvalid, error);
  return record;
}

template <typename T>
Result<T> DecodeJson(std::string_view text, std::string_view what) {
  ASSIGN_OR_RETURN(const JsonDocument document, ParseJson(text, what));
  return DecodeJson<T>(static_cast<const JsonValue&>(document), what);
}

}  // namespace skiff::common
