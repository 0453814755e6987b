// One table of fields per Kubernetes struct. Decoding with line and column, "did you mean", defaults,
// encoding and the support table of the documentation are all derived from these tables: a new field is one
// line in kube/tables/.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kube/model/value.h"

namespace skiff::kube {

enum class Support {
  kEffective,
  kAccepted,  // checked and kept, without effect on one machine
  kNotYet,    // checked and kept; will have an effect in a later version: a warning says so
  kRefused,   // the object could not run as written: an error
  kServer,    // written by a server, accepted and dropped
};

struct Struct;

// What a value must be.
struct Type {
  enum class Kind {
    kString,
    kBool,
    kInt32,
    kInt64,
    kQuantity,
    kIntOrString,
    kBytes,
    kAny,
    kStruct,
    kList,
    kMap
  };
  Kind kind = Kind::kAny;
  const Struct& (*fields)() = nullptr;  // kStruct
  std::shared_ptr<const Type> element;  // kList and kMap (whose keys are strings)
};

// Returns what is wrong with a value in Kubernetes' words (`Invalid value: "x": must be ...`), empty when it
// is right.
using Rule = std::string (*)(const Value& value);
// The same for a text: what is wrong with it, empty when nothing is.
using TextRule = std::string (*)(std::string_view text);

// Receives each struct inside a member: its table and its address.
using StructVisitor = std::function<void(const Struct& fields, void* object)>;

struct Field {
  std::string_view name;
  Type type;
  Support support = Support::kEffective;
  bool required = false;
  std::optional<Value> fallback;  // the static default
  std::optional<Value> harmless;  // a value that needs no warning although the field has no effect
  std::vector<std::string_view> choices;
  std::optional<int64_t> low, high;  // of numbers, inclusive
  Rule rule = nullptr;
  TextRule key_rule = nullptr, value_rule = nullptr;  // of a map of strings: told at the entry
  std::string_view note;  // for the documentation

  // Access to the member of the C++ struct; null in tables of values that are kept as they are.
  void (*decode)(const Field&, const Value&, void* object) = nullptr;
  Value (*encode)(const Field&, const void* object, bool omit_defaults) = nullptr;
  void (*visit)(void* object, const StructVisitor&) = nullptr;

  Field&& Required() && { return required = true, std::move(*this); }
  Field&& Default(const char* text) && { return fallback = Value::String(text), std::move(*this); }
  Field&& Default(int64_t number) && { return fallback = Value::Int(number), std::move(*this); }
  Field&& Default(bool value) && { return fallback = Value::Bool(value), std::move(*this); }
  Field&& Harmless(const char* text) && { return harmless = Value::String(text), std::move(*this); }
  Field&& Harmless(bool value) && { return harmless = Value::Bool(value), std::move(*this); }
  Field&& OneOf(std::vector<std::string_view> values) && {
    return choices = std::move(values), std::move(*this);
  }
  Field&& AtLeast(int64_t minimum) && { return low = minimum, std::move(*this); }
  Field&& Range(int64_t minimum, int64_t maximum) && {
    return low = minimum, high = maximum, std::move(*this);
  }
  Field&& Check(Rule check) && { return rule = check, std::move(*this); }
  Field&& CheckEach(TextRule key, TextRule value = nullptr) && {
    return key_rule = key, value_rule = value, std::move(*this);
  }
  Field&& Note(std::string_view text) && { return note = text, std::move(*this); }
};

struct Struct {
  std::string_view name;  // "Container"
  std::vector<Field> fields;

  const Field* Find(std::string_view field) const;
  std::vector<std::string_view> FieldNames() const;
};

// Reads what is there and of the right type; everything else keeps its value (CheckValue has told of it).
void DecodeStruct(const Struct& fields, const Value& value, void* object);
Value EncodeStruct(const Struct& fields, const void* object, bool omit_defaults);
// Fills in the static defaults of an object and of all that is in it.
void ApplyStaticDefaults(const Struct& fields, void* object);
// Nothing, false, zero, "", [] or {}.
bool IsUnset(const Value& value);

}  // namespace skiff::kube
