// Connects the members of the C++ structs with the tables of kube/model/schema.h. Included by the tables only.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "common/base64.h"
#include "kube/model/quantity.h"
#include "kube/model/schema.h"
#include "kube/model/tables/tables.h"

namespace skiff::kube {

template <typename T>
concept Described = requires(const T* tag) {
  Describe(tag);
};

template <typename T>
struct Codec;

template <>
struct Codec<std::string> {
  static Type Shape() { return {Type::Kind::kString}; }
  // A number or boolean is a mistake that has been told; its text keeps later checks from telling of it
  // again.
  static void Decode(const Value& v, std::string& out) { out = v.text(); }
  static Value Encode(const std::string& in, bool) { return in.empty() ? Value() : Value::String(in); }
  static Value EncodeItem(const std::string& in, bool) { return Value::String(in); }
};

template <>
struct Codec<bool> {
  static Type Shape() { return {Type::Kind::kBool}; }
  static void Decode(const Value& v, bool& out) {
    if (v.is(Value::Kind::kBool)) out = v.bool_value();
  }
  static Value Encode(bool in, bool) { return in ? Value::Bool(true) : Value(); }
  static Value EncodeItem(bool in, bool) { return Value::Bool(in); }
};

template <typename T>
requires std::is_same_v<T, int32_t> || std::is_same_v<T, int64_t>
struct Codec<T> {
  static Type Shape() { return {sizeof(T) == 4 ? Type::Kind::kInt32 : Type::Kind::kInt64}; }
  static void Decode(const Value& v, T& out) {
    if (v.is(Value::Kind::kInt)) out = static_cast<T>(v.int_value());
  }
  static Value Encode(T in, bool) { return in == 0 ? Value() : Value::Int(in); }
  static Value EncodeItem(T in, bool) { return Value::Int(in); }
};

template <>
struct Codec<Quantity> {
  static Type Shape() { return {Type::Kind::kQuantity}; }
  static void Decode(const Value& v, Quantity& out) {
    if (auto parsed = Quantity::Parse(v.text())) out = *parsed;
  }
  static Value EncodeItem(const Quantity& in, bool) { return Value::String(in.ToString()); }
};

template <>
struct Codec<IntOrString> {
  static Type Shape() { return {Type::Kind::kIntOrString}; }
  static void Decode(const Value& v, IntOrString& out) {
    out.is_string = v.is(Value::Kind::kString);
    out.text = out.is_string ? v.text() : "";
    out.number = v.is(Value::Kind::kInt) ? static_cast<int32_t>(v.int_value()) : 0;
  }
  static Value Encode(const IntOrString& in, bool) { return EncodeItem(in, false); }
  static Value EncodeItem(const IntOrString& in, bool) {
    return in.is_string ? Value::String(in.text) : Value::Int(in.number);
  }
};

template <>
struct Codec<Bytes> {
  static Type Shape() { return {Type::Kind::kBytes}; }
  static void Decode(const Value& v, Bytes& out) {
    if (auto data = common::DecodeBase64(v.text())) out.data = std::move(*data);
  }
  static Value EncodeItem(const Bytes& in, bool) { return Value::String(common::EncodeBase64(in.data)); }
};

template <>
struct Codec<Value> {
  static Type Shape() { return {Type::Kind::kAny}; }
  static void Decode(const Value& v, Value& out) { out = v; }
  static Value Encode(const Value& in, bool) { return in; }
};

template <Described T>
struct Codec<T> {
  static const Struct& Table() { return Describe(static_cast<const T*>(nullptr)); }
  static Type Shape() { return {Type::Kind::kStruct, &Table}; }
  static void Decode(const Value& v, T& out) { DecodeStruct(Table(), v, &out); }
  static Value Encode(const T& in, bool omit_defaults) {
    Value map = EncodeItem(in, omit_defaults);
    return map.entries().empty() ? Value() : map;
  }
  static Value EncodeItem(const T& in, bool omit_defaults) {
    return EncodeStruct(Table(), &in, omit_defaults);
  }
  static void Visit(T& object, const StructVisitor& visitor) { visitor(Table(), &object); }
};

template <typename T>
struct Codec<std::optional<T>> {
  static Type Shape() { return Codec<T>::Shape(); }
  static void Decode(const Value& v, std::optional<T>& out) { Codec<T>::Decode(v, out.emplace()); }
  static Value Encode(const std::optional<T>& in, bool omit_defaults) {
    return in ? Codec<T>::EncodeItem(*in, omit_defaults) : Value();
  }
  static void Visit(std::optional<T>& object, const StructVisitor& visitor) requires Described<T> {
    if (object) Codec<T>::Visit(*object, visitor);
  }
};

template <typename T>
struct Codec<std::vector<T>> {
  static Type Shape() { return {Type::Kind::kList, nullptr, std::make_shared<Type>(Codec<T>::Shape())}; }
  static void Decode(const Value& v, std::vector<T>& out) {
    out.clear();
    for (const Value& item : v.items()) Codec<T>::Decode(item, out.emplace_back());
  }
  static Value Encode(const std::vector<T>& in, bool omit_defaults) {
    if (in.empty()) return Value();
    Value list = Value::List();
    for (const T& item : in) list.items().push_back(Codec<T>::EncodeItem(item, omit_defaults));
    return list;
  }
  static void Visit(std::vector<T>& list, const StructVisitor& visitor) requires Described<T> {
    for (T& item : list) Codec<T>::Visit(item, visitor);
  }
};

template <typename T>
struct Codec<std::map<std::string, T>> {
  static Type Shape() { return {Type::Kind::kMap, nullptr, std::make_shared<Type>(Codec<T>::Shape())}; }
  static void Decode(const Value& v, std::map<std::string, T>& out) {
    out.clear();
    for (const Value::Entry& entry : v.entries()) {
      if constexpr (std::is_same_v<T, Quantity>) {
        if (!Quantity::Parse(entry.value.text())) continue;
      }
      Codec<T>::Decode(entry.value, out[entry.key]);
    }
  }
  static Value Encode(const std::map<std::string, T>& in, bool omit_defaults) {
    if (in.empty()) return Value();
    Value map = Value::Map();
    for (const auto& [key, item] : in)
      map.entries().push_back({key, {}, Codec<T>::EncodeItem(item, omit_defaults)});
    return map;
  }
};

template <typename Owner, typename T>
Owner OwnerOf(T Owner::*);
template <typename Owner, typename T>
T MemberOf(T Owner::*);

// A field that is kept in a member: F<&Container::name>("name").
template <auto Member>
Field F(std::string_view name, Support support = Support::kEffective) {
  using Owner = decltype(OwnerOf(Member));
  using T = decltype(MemberOf(Member));
  Field field;
  field.name = name;
  field.type = Codec<T>::Shape();
  field.support = support;
  field.decode = [](const Field&, const Value& v, void* o) {
    Codec<T>::Decode(v, static_cast<Owner*>(o)->*Member);
  };
  field.encode = [](const Field&, const void* o, bool omit) {
    return Codec<T>::Encode(static_cast<const Owner*>(o)->*Member, omit);
  };
  if constexpr (requires(T & member, const StructVisitor& visitor) { Codec<T>::Visit(member, visitor); }) {
    field.visit = [](void* o, const StructVisitor& visitor) {
      Codec<T>::Visit(static_cast<Owner*>(o)->*Member, visitor);
    };
  }
  return field;
}

// A field that is kept as the value it is, but checked against a type.
template <auto Member>
Field F(std::string_view name, Type type, Support support) {
  Field field = F<Member>(name, support);
  field.type = std::move(type);
  return field;
}

}  // namespace skiff::kube
