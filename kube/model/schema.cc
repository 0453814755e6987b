#include "kube/model/schema.h"

namespace skiff::kube {

const Field* Struct::Find(std::string_view field) const {
  for (const Field& candidate : fields) {
    if (candidate.name == field) return &candidate;
  }
  return nullptr;
}

std::vector<std::string_view> Struct::FieldNames() const {
  std::vector<std::string_view> names;
  for (const Field& field : fields) names.push_back(field.name);
  return names;
}

bool IsUnset(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::kNull:
      return true;
    case Value::Kind::kBool:
      return !value.bool_value();
    case Value::Kind::kInt:
      return value.int_value() == 0;
    case Value::Kind::kFloat:
      return false;
    case Value::Kind::kString:
      return value.text().empty();
    case Value::Kind::kList:
      return value.items().empty();
    case Value::Kind::kMap:
      return value.entries().empty();
  }
  return true;
}

void DecodeStruct(const Struct& fields, const Value& value, void* object) {
  for (const Value::Entry& entry : value.entries()) {
    const Field* field = fields.Find(entry.key);
    if (field == nullptr || field->decode == nullptr || entry.value.is(Value::Kind::kNull)) continue;
    field->decode(*field, entry.value, object);
  }
}

Value EncodeStruct(const Struct& fields, const void* object, bool omit_defaults) {
  Value map = Value::Map();
  for (const Field& field : fields.fields) {
    if (field.encode == nullptr) continue;
    Value value = field.encode(field, object, omit_defaults);
    if (value.is(Value::Kind::kNull)) continue;
    if (omit_defaults && field.fallback && *field.fallback == value) continue;
    map.entries().push_back({std::string(field.name), {}, std::move(value)});
  }
  return map;
}

void ApplyStaticDefaults(const Struct& fields, void* object) {
  for (const Field& field : fields.fields) {
    if (field.fallback && field.encode(field, object, false).is(Value::Kind::kNull)) {
      field.decode(field, *field.fallback, object);
    }
    if (field.visit != nullptr) field.visit(object, ApplyStaticDefaults);
  }
}

}  // namespace skiff::kube
