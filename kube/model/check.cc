#include "kube/model/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "common/base64.h"
#include "kube/model/quantity.h"
#include "kube/model/rules.h"
#include "kube/model/text.h"

namespace skiff::kube {

namespace {

using Kind = Value::Kind;

std::string Child(std::string_view path, std::string_view name) {
  return path.empty() ? std::string(name) : fmt::format("{}.{}", path, name);
}

std::string_view TypeName(Type::Kind kind) {
  switch (kind) {
    case Type::Kind::kString:
      return "a string";
    case Type::Kind::kBool:
      return "true or false";
    case Type::Kind::kInt32:
    case Type::Kind::kInt64:
      return "an integer";
    case Type::Kind::kQuantity:
      return "a quantity such as 500m or 64Mi";
    case Type::Kind::kIntOrString:
      return "an integer or a string";
    case Type::Kind::kBytes:
      return "base64 text";
    case Type::Kind::kStruct:
    case Type::Kind::kMap:
      return "an object (key: value)";
    case Type::Kind::kList:
      return "a list";
    case Type::Kind::kAny:
      return "a value";
  }
  return "";
}

bool HasType(Type::Kind type, const Value& value) {
  switch (type) {
    case Type::Kind::kString:
    case Type::Kind::kBytes:
      return value.is(Kind::kString);
    case Type::Kind::kBool:
      return value.is(Kind::kBool);
    case Type::Kind::kInt32:
    case Type::Kind::kInt64:
      return value.is(Kind::kInt);
    case Type::Kind::kQuantity:
      return value.is(Kind::kString) || value.is(Kind::kInt) || value.is(Kind::kFloat);
    case Type::Kind::kIntOrString:
      return value.is(Kind::kString) || value.is(Kind::kInt);
    case Type::Kind::kStruct:
    case Type::Kind::kMap:
      return value.is(Kind::kMap);
    case Type::Kind::kList:
      return value.is(Kind::kList);
    case Type::Kind::kAny:
      return true;
  }
  return false;
}

// A number or boolean that was put in quotes.
bool LooksLike(Type::Kind type, const std::string& text) {
  if (type == Type::Kind::kBool) return text == "true" || text == "false";
  const bool integer = type == Type::Kind::kInt32 || type == Type::Kind::kInt64;
  return integer && !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

std::string BetweenDetail(int64_t low, int64_t high) {
  return fmt::format("must be between {} and {}, inclusive", low, high);
}

using Limits = std::pair<int64_t, int64_t>;

// Of an integer; Kubernetes keeps the integers of "an integer or a string" in 32 bits.
std::optional<Limits> LimitsOf(Type::Kind type) {
  if (type == Type::Kind::kInt64) return Limits{INT64_MIN, INT64_MAX};
  if (type == Type::Kind::kInt32 || type == Type::Kind::kIntOrString) return Limits{INT32_MIN, INT32_MAX};
  return std::nullopt;
}

// What has more than 64 bits was read as a kFloat of digits alone.
bool IsOutside(const Limits& limits, const Value& value) {
  if (value.is(Kind::kInt)) return value.int_value() < limits.first || value.int_value() > limits.second;
  if (!value.is(Kind::kFloat)) return false;
  const size_t sign = value.text().starts_with('-') || value.text().starts_with('+') ? 1 : 0;
  // 0999 is no octal number: its range is not what is wrong.
  return value.text()[sign] != '0' && value.text().find_first_not_of("0123456789", sign) == std::string::npos;
}

class Checker {
 public:
  Checker(std::string_view kind, UnknownFields unknown) : kind_(kind), unknown_(unknown) {}

  void CheckStruct(const Struct& fields, const Value& value, const std::string& path, bool tell_support);
  std::vector<Finding> Finish(const Value& object);

 private:
  void CheckUnknown(const Struct& fields, const Value::Entry& entry, const std::string& path);
  void CheckRequired(const Struct& fields, const Value& value, const std::string& path);
  void CheckField(const Field& field, const Value::Entry& entry, const std::string& path, bool tell_support);
  bool CheckType(const Type& type, const Value& value, const std::string& path, bool tell_support);
  // False, with an error, for an integer that is none of its type; `field` narrows what is told as valid.
  bool CheckRange(Type::Kind type, const Field* field, const Value& value, const std::string& path);
  void CheckScalar(const Type& type, const Value& value, const std::string& path);
  void CheckLimits(const Field& field, const Value& value, const std::string& path);
  void CheckEntries(const Field& field, const Value& value, const std::string& path);
  // False when nothing more needs to be told about what is inside.
  bool TellSupport(const Field& field, const Value::Entry& entry, const std::string& path);

  void Add(Severity severity, Mark mark, std::string message) {
    findings_.push_back({severity, mark, std::move(message)});
  }
  void Error(Mark mark, std::string message) { Add(Severity::kError, mark, std::move(message)); }
  void WrongType(const Type& type, const Value& value, const std::string& path);

  std::string_view kind_;
  UnknownFields unknown_;
  std::vector<Finding> findings_;
  std::vector<std::string> without_effect_;  // paths of accepted fields
  Mark first_without_effect_;
};

void Checker::CheckStruct(const Struct& fields, const Value& value, const std::string& path,
                          bool tell_support) {
  for (const Value::Entry& entry : value.entries()) {
    const Field* field = fields.Find(entry.key);
    if (field == nullptr) {
      CheckUnknown(fields, entry, path);
    } else if (!entry.value.is(Kind::kNull)) {
      CheckField(*field, entry, Child(path, entry.key), tell_support);
    }
  }
  CheckRequired(fields, value, path);
}

void Checker::CheckUnknown(const Struct& fields, const Value::Entry& entry, const std::string& path) {
  if (unknown_ == UnknownFields::kIgnore) return;
  Add(unknown_ == UnknownFields::kError ? Severity::kError : Severity::kWarning, entry.key_mark,
      fmt::format("unknown field {} in {}{}", QuoteText(entry.key),
                  path.empty() ? std::string(kind_) : Child(kind_, path),
                  DidYouMean(entry.key, fields.FieldNames())));
}

void Checker::CheckRequired(const Struct& fields, const Value& value, const std::string& path) {
  for (const Field& field : fields.fields) {
    if (!field.required) continue;
    const Value* member = value.Find(field.name);
    // An object that holds nothing is there; what it lacks is told inside.
    if (member != nullptr && (member->is(Kind::kMap) || !IsUnset(*member))) continue;
    // That it has the wrong type is told already.
    if (member != nullptr && !member->is(Kind::kNull) && !HasType(field.type.kind, *member)) continue;
    const bool misspelled =
        std::any_of(value.entries().begin(), value.entries().end(), [&](const auto& entry) {
          return fields.Find(entry.key) == nullptr && FindSimilar(entry.key, {field.name}) == field.name;
        });
    if (misspelled && unknown_ == UnknownFields::kError) continue;
    Error(member != nullptr ? member->mark() : value.mark(),
          fmt::format("{}: Required value", Child(path, field.name)));
  }
}

void Checker::CheckField(const Field& field, const Value::Entry& entry, const std::string& path,
                         bool tell_support) {
  const Value& value = entry.value;
  if (field.support == Support::kServer) return;
  if (tell_support) tell_support = TellSupport(field, entry, path);
  if (!CheckRange(field.type.kind, &field, value, path)) return;
  if (!CheckType(field.type, value, path, tell_support)) return;
  CheckLimits(field, value, path);
}

bool Checker::TellSupport(const Field& field, const Value::Entry& entry, const std::string& path) {
  // `false` says something where not saying it means true.
  const bool says_no = entry.value.is(Kind::kBool) && field.harmless;
  if (field.support == Support::kEffective || (IsUnset(entry.value) && !says_no)) return true;
  if ((field.harmless && *field.harmless == entry.value) ||
      (field.fallback && *field.fallback == entry.value)) {
    return true;
  }
  switch (field.support) {
    case Support::kAccepted:
      if (without_effect_.empty()) first_without_effect_ = entry.key_mark;
      without_effect_.push_back(path);
      break;
    case Support::kNotYet:
      Add(Severity::kWarning, entry.key_mark,
          fmt::format("{}: has no effect yet in this version of skiff", path));
      break;
    case Support::kRefused:
      Error(entry.key_mark, fmt::format("{}: not supported by this version of skiff{}{}", path,
                                        field.note.empty() ? "" : "; ", field.note));
      break;
    case Support::kEffective:
    case Support::kServer:
      break;
  }
  return false;
}

bool Checker::CheckType(const Type& type, const Value& value, const std::string& path, bool tell_support) {
  if (!CheckRange(type.kind, nullptr, value, path)) return false;
  if (!HasType(type.kind, value)) {
    WrongType(type, value, path);
    return false;
  }
  if (type.kind == Type::Kind::kStruct) {
    CheckStruct(type.fields(), value, path, tell_support);
  } else if (type.kind == Type::Kind::kList) {
    size_t index = 0;
    for (const Value& item : value.items()) {
      CheckType(*type.element, item, fmt::format("{}[{}]", path, index++), tell_support);
    }
  } else if (type.kind == Type::Kind::kMap) {
    for (const Value::Entry& entry : value.entries()) {
      // As in Kubernetes a key without a value is an empty one.
      if (entry.value.is(Kind::kNull) && type.element->kind != Type::Kind::kQuantity) continue;
      CheckType(*type.element, entry.value, fmt::format("{}[{}]", path, entry.key), tell_support);
    }
  } else {
    CheckScalar(type, value, path);
  }
  return true;
}

bool Checker::CheckRange(Type::Kind type, const Field* field, const Value& value, const std::string& path) {
  std::optional<Limits> limits = LimitsOf(type);
  if (!limits || !IsOutside(*limits, value)) return true;
  if (field != nullptr) limits = {field->low.value_or(limits->first), field->high.value_or(limits->second)};
  Error(value.mark(), fmt::format("{}: {}", path, InvalidValue(value, BetweenDetail(limits->first, limits->second))));
  return false;
}

void Checker::CheckScalar(const Type& type, const Value& value, const std::string& path) {
  if (type.kind == Type::Kind::kQuantity) {
    const auto quantity = Quantity::Parse(value.text());
    if (quantity) return;
    const std::string meant = SimilarQuantity(value.text());
    Error(value.mark(), fmt::format("{}: {}{}", path, InvalidValue(value, quantity.error().message()),
                                    meant.empty() ? "" : fmt::format(", did you mean \"{}\"?", meant)));
  } else if (type.kind == Type::Kind::kBytes && !common::DecodeBase64(value.text())) {
    Error(value.mark(), fmt::format("{}: {}", path,
                                    InvalidValue(value,
                                                 "must be base64; plain text belongs in a "
                                                 "Secret's stringData or a ConfigMap's data")));
  }
}

void Checker::WrongType(const Type& type, const Value& value, const std::string& path) {
  const bool wants_text = type.kind == Type::Kind::kString || type.kind == Type::Kind::kBytes;
  const bool scalar = value.is(Kind::kBool) || value.is(Kind::kInt) || value.is(Kind::kFloat);
  std::string message = fmt::format("{}: must be {}, not {}", path, TypeName(type.kind), value.Describe());
  if (wants_text && scalar) message += ": put it in quotes";
  if (!wants_text && value.is(Kind::kString) && LooksLike(type.kind, value.text()))
    message += ": remove the quotes";
  const bool one_item = scalar || value.is(Kind::kString);
  if (type.kind == Type::Kind::kList && one_item) message += fmt::format(": write [{}]", value.ToJson());
  Error(value.mark(), std::move(message));
}

void Checker::CheckLimits(const Field& field, const Value& value, const std::string& path) {
  if (!field.choices.empty() && value.is(Kind::kString) &&
      (!value.text().empty() || field.choices[0].empty()) &&
      std::find(field.choices.begin(), field.choices.end(), value.text()) == field.choices.end()) {
    std::string supported;
    for (const std::string_view choice : field.choices) {
      supported += fmt::format("{}\"{}\"", supported.empty() ? "" : ", ", choice);
    }
    Error(value.mark(),
          fmt::format("{}: Unsupported value: {}: supported values: {}{}", path, QuoteText(value.text()),
                      supported, DidYouMean(value.text(), field.choices)));
  }
  if (value.is(Kind::kInt)) {
    const int64_t number = value.int_value();
    const bool unset = field.required && number == 0;
    if (!unset && ((field.low && number < *field.low) || (field.high && number > *field.high))) {
      const std::string detail =
          field.high ? BetweenDetail(*field.low, *field.high)
                     : fmt::format("must be greater than or equal to {}", *field.low);
      Error(value.mark(), fmt::format("{}: {}", path, InvalidValue(value, detail)));
    }
  }
  CheckEntries(field, value, path);
  if (field.rule == nullptr || IsUnset(value)) return;
  const std::string wrong = field.rule(value);
  if (!wrong.empty()) Error(value.mark(), fmt::format("{}: {}", path, wrong));
}

void Checker::CheckEntries(const Field& field, const Value& value, const std::string& path) {
  const auto check = [&](TextRule rule, const std::string& text, Mark mark) {
    const std::string wrong = rule == nullptr ? std::string() : rule(text);
    if (!wrong.empty()) Error(mark, fmt::format("{}: Invalid value: {}: {}", path, QuoteText(text), wrong));
  };
  for (const Value::Entry& entry : value.entries()) {
    check(field.key_rule, entry.key, entry.key_mark);
    if (entry.value.is(Kind::kString)) check(field.value_rule, entry.value.text(), entry.value.mark());
  }
}

std::vector<Finding> Checker::Finish(const Value& object) {
  if (!without_effect_.empty()) {
    const Mark mark = first_without_effect_.line > 0 ? first_without_effect_ : object.mark();
    Add(Severity::kWarning, mark,
        fmt::format("no effect on a single machine: {}", fmt::join(without_effect_, ", ")));
  }
  return std::move(findings_);
}

}  // namespace

std::vector<Finding> CheckObject(const Struct& fields, const Value& value, UnknownFields unknown) {
  Checker checker(fields.name, unknown);
  checker.CheckStruct(fields, value, "", true);
  return checker.Finish(value);
}

}  // namespace skiff::kube
