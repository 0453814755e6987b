#include "kube/model/support_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "kube/model/schema.h"
#include "kube/model/tables/tables.h"

namespace skiff::kube {

namespace {

std::string TypeText(const Type& type) {
  switch (type.kind) {
    case Type::Kind::kString:
      return "string";
    case Type::Kind::kBool:
      return "boolean";
    case Type::Kind::kInt32:
    case Type::Kind::kInt64:
      return "integer";
    case Type::Kind::kQuantity:
      return "quantity";
    case Type::Kind::kIntOrString:
      return "integer or string";
    case Type::Kind::kBytes:
      return "base64";
    case Type::Kind::kAny:
      return "any";
    case Type::Kind::kStruct:
      return std::string(type.fields().name);
    case Type::Kind::kList:
      return "list of " + TypeText(*type.element);
    case Type::Kind::kMap:
      return "map of " + TypeText(*type.element);
  }
  return {};
}

std::string SupportText(const Field& field) {
  switch (field.support) {
    case Support::kEffective:
      return "yes";
    case Support::kAccepted:
      return "kept, without effect on one machine";
    case Support::kNotYet:
      return "not yet (warning)";
    case Support::kRefused:
      return "refused (error)";
    case Support::kServer:
      return "ignored on input";
  }
  return {};
}

std::string DefaultText(const Field& field) {
  if (field.required) return "required";
  return field.fallback ? fmt::format("`{}`", field.fallback->ToJson()) : "";
}

const Type& Innermost(const Type& type) { return type.element ? Innermost(*type.element) : type; }

// Every struct once, in the order in which a reader meets them.
void Collect(const Struct& fields, std::vector<const Struct*>& found) {
  if (std::find(found.begin(), found.end(), &fields) != found.end()) return;
  found.push_back(&fields);
  for (const Field& field : fields.fields) {
    const Type& type = Innermost(field.type);
    if (type.kind == Type::Kind::kStruct) Collect(type.fields(), found);
  }
}

}  // namespace

std::string SupportTable() {
  std::vector<const Struct*> structs;
  Collect(Describe(static_cast<const Pod*>(nullptr)), structs);
  Collect(Describe(static_cast<const Deployment*>(nullptr)), structs);
  Collect(Describe(static_cast<const ConfigMap*>(nullptr)), structs);
  Collect(Describe(static_cast<const Secret*>(nullptr)), structs);
  Collect(Describe(static_cast<const PersistentVolumeClaim*>(nullptr)), structs);
  Collect(Describe(static_cast<const Service*>(nullptr)), structs);
  Collect(Describe(static_cast<const Endpoints*>(nullptr)), structs);
  Collect(Describe(static_cast<const EndpointSlice*>(nullptr)), structs);
  std::string out;
  for (const Struct* table : structs) {
    out += fmt::format("{}### {}\n\n| field | type | default | support |\n|---|---|---|---|\n",
                       out.empty() ? "" : "\n", table->name);
    for (const Field& field : table->fields) {
      const std::string note = field.note.empty() ? "" : fmt::format("; {}", field.note);
      out += fmt::format("| `{}` | {} | {} | {}{} |\n", field.name, TypeText(field.type), DefaultText(field),
                         SupportText(field), note);
    }
  }
  return out;
}

}  // namespace skiff::kube
