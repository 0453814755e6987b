#include "kube/view/json_path.h"

#include <algorithm>
#include <cstdlib>

#include "kube/translate/value_access.h"
#include "kube/view/json_path_node.h"

namespace skiff::kube {
namespace {

using common::ErrorCode;
using common::Result;
using Step = JsonPathStep;
using Values = std::vector<const Value*>;

bool IsNumber(const Value& value) { return value.is(Value::Kind::kInt) || value.is(Value::Kind::kFloat); }

template <typename T>
bool Holds(const std::string& comparison, const T& a, const T& b) {
  if (comparison == "==") return a == b;
  if (comparison == "!=") return a != b;
  if (comparison == "<") return a < b;
  if (comparison == "<=") return a <= b;
  if (comparison == ">") return a > b;
  return a >= b;
}

bool Compare(const std::string& comparison, const Value& a, const Value& b) {
  if (a.is(Value::Kind::kInt) && b.is(Value::Kind::kInt))
    return Holds(comparison, a.int_value(), b.int_value());
  if (IsNumber(a) && IsNumber(b))
    return Holds(comparison, std::strtod(a.text().c_str(), nullptr), std::strtod(b.text().c_str(), nullptr));
  if (a.is(Value::Kind::kString) && b.is(Value::Kind::kString)) return Holds(comparison, a.text(), b.text());
  const bool equal = a == b;
  return comparison == "==" ? equal : comparison == "!=" && !equal;
}

class Evaluator {
 public:
  explicit Evaluator(const Value& root) : root_(root) {}

  Result<Values> Evaluate(const JsonPathExpression& expression, const Value& current) const {
    Values values = {expression.from_root ? &root_ : &current};
    for (const Step& step : expression.steps) {
      Values next;
      if (step.kind == Step::Kind::kField) {
        // As kubectl: a union gives the first name of all values, then the second one.
        for (const std::string& name : step.names)
          for (const Value* value : values) AddMember(*value, name, next);
      } else {
        for (const Value* value : values) TRY(Apply(step, *value, next));
      }
      values = std::move(next);
    }
    return values;
  }

 private:
  Result<> Apply(const Step& step, const Value& value, Values& found) const {
    switch (step.kind) {
      case Step::Kind::kField:
        return {};  // done by the caller
      case Step::Kind::kIndexes:
        return Indexes(step, value, found);
      case Step::Kind::kSlice:
        return Slice(step, value, found);
      case Step::Kind::kAll:
        for (const Value& item : value.items()) found.push_back(&item);
        for (const Value::Entry& entry : value.entries()) found.push_back(&entry.value);
        return {};
      case Step::Kind::kDescend:
        Descend(value, found);
        return {};
      case Step::Kind::kFilter:
        return Filter(step, value, found);
    }
    return {};
  }

  // In brackets a name may be a path of its own: ['metadata.name'].
  static void AddMember(const Value& value, const std::string& name, Values& found) {
    const Value* member = value.Find(name);
    if (member == nullptr && name.find('.') != std::string::npos) {
      const Value& nested = At(value, name);
      if (!IsNull(nested)) member = &nested;
    }
    if (member != nullptr) found.push_back(member);
  }

  static Result<> RequireList(const Value& value) {
    if (value.is(Value::Kind::kList) || value.is(Value::Kind::kNull)) return {};
    return MakeError(ErrorCode::kInvalid, "{} is not array or slice", value.ToJson());
  }

  static Result<> Indexes(const Step& step, const Value& value, Values& found) {
    TRY(RequireList(value));
    const auto size = static_cast<int64_t>(value.items().size());
    for (const int64_t wanted : step.indexes) {
      const int64_t index = wanted < 0 ? size + wanted : wanted;
      if (index < 0 || index >= size)
        return MakeError(ErrorCode::kInvalid, "array index out of bounds: index {}, length {}", wanted, size);
      found.push_back(&value.items()[static_cast<size_t>(index)]);
    }
    return {};
  }

  static Result<> Slice(const Step& step, const Value& value, Values& found) {
    TRY(RequireList(value));
    const auto size = static_cast<int64_t>(value.items().size());
    const auto place = [size](int64_t index) {
      return std::clamp(index < 0 ? size + index : index, int64_t{0}, size);
    };
    const int64_t end = step.end ? place(*step.end) : size;
    for (int64_t i = step.begin ? place(*step.begin) : 0; i < end; i += step.stride.value_or(1))
      found.push_back(&value.items()[static_cast<size_t>(i)]);
    return {};
  }

  static void Descend(const Value& value, Values& found) {
    found.push_back(&value);
    for (const Value& item : value.items()) Descend(item, found);
    for (const Value::Entry& entry : value.entries()) Descend(entry.value, found);
  }

  Result<> Filter(const Step& step, const Value& value, Values& found) const {
    Values candidates;
    for (const Value& item : value.items()) candidates.push_back(&item);
    for (const Value::Entry& entry : value.entries()) candidates.push_back(&entry.value);
    for (const Value* candidate : candidates) {
      ASSIGN_OR_RETURN(const Values left, Operand(step.left, *candidate));
      if (left.empty()) continue;
      if (!step.comparison.empty()) {
        ASSIGN_OR_RETURN(const Values right, Operand(step.right, *candidate));
        if (right.empty() || !Compare(step.comparison, *left.front(), *right.front())) continue;
      }
      found.push_back(candidate);
    }
    return {};
  }

  Result<Values> Operand(const JsonPathOperand& operand, const Value& candidate) const {
    if (operand.literal) return Values{&*operand.literal};
    return Evaluate(operand.path, candidate);
  }

  const Value& root_;
};

Result<> Write(const std::vector<JsonPath::Node>& nodes, const Evaluator& evaluator, const Value& current,
               std::string& out) {
  for (const JsonPath::Node& node : nodes) {
    if (node.kind == JsonPath::Node::Kind::kText) {
      out += node.text;
      continue;
    }
    ASSIGN_OR_RETURN(const Values values, evaluator.Evaluate(node.path, current));
    if (node.kind == JsonPath::Node::Kind::kRange) {
      for (const Value* value : values) TRY(Write(node.body, evaluator, *value, out));
      continue;
    }
    for (size_t i = 0; i < values.size(); ++i) out += (i == 0 ? "" : " ") + PlainText(*values[i]);
  }
  return {};
}

}  // namespace

JsonPath::JsonPath(std::vector<Node> nodes) : nodes_(std::move(nodes)) {}
JsonPath::JsonPath(JsonPath&&) noexcept = default;
JsonPath& JsonPath::operator=(JsonPath&&) noexcept = default;
JsonPath::~JsonPath() = default;

Result<JsonPath> JsonPath::Parse(std::string_view text) {
  ASSIGN_OR_RETURN(std::vector<Node> nodes, ParseJsonPath(text));
  return JsonPath(std::move(nodes));
}

Result<JsonPath> JsonPath::ParseRelaxed(std::string_view text) {
  std::string_view inside = text;
  if (inside.starts_with('{')) {
    if (!inside.ends_with('}'))
      return MakeError(ErrorCode::kInvalid,
                       "unexpected path string, expected a 'name1.name2' or "
                       "'.name1.name2' or '{{name1.name2}}' or '{{.name1.name2}}'");
    inside = inside.substr(1, inside.size() - 2);
  }
  const bool has_start = inside.starts_with('.') || inside.starts_with('[') || inside.starts_with('$') ||
                         inside.starts_with('@');
  ASSIGN_OR_RETURN(JsonPath path, Parse("{" + std::string(has_start ? "" : ".") + std::string(inside) + "}"));
  if (path.nodes_.size() != 1 || path.nodes_.front().kind != Node::Kind::kPath)
    return MakeError(ErrorCode::kInvalid, "\"{}\" is not one path", text);
  return path;
}

Result<std::string> JsonPath::Execute(const Value& object) const {
  std::string out;
  TRY(Write(nodes_, Evaluator(object), object, out));
  return out;
}

Result<std::vector<const Value*>> JsonPath::Find(const Value& object) const {
  std::vector<const Value*> found;
  for (const Node& node : nodes_) {
    if (node.kind != Node::Kind::kPath) continue;
    ASSIGN_OR_RETURN(const Values values, Evaluator(object).Evaluate(node.path, object));
    found.insert(found.end(), values.begin(), values.end());
  }
  return found;
}

std::string PlainText(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::kNull:
      return "<nil>";
    case Value::Kind::kBool:
      return value.bool_value() ? "true" : "false";
    case Value::Kind::kList:
    case Value::Kind::kMap:
      return value.ToJson();
    default:
      return value.text();
  }
}

}  // namespace skiff::kube
