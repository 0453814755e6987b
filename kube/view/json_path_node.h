// The parsed form of a JSONPath template; see json_path.h.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kube/view/json_path.h"

namespace skiff::kube {

struct JsonPathStep;

struct JsonPathExpression {
  bool from_root = false;  // `$`
  std::vector<JsonPathStep> steps;
};

// One side of a comparison: a literal or a path.
struct JsonPathOperand {
  std::optional<Value> literal;
  JsonPathExpression path;
};

struct JsonPathStep {
  enum class Kind { kField, kIndexes, kSlice, kAll, kDescend, kFilter };
  Kind kind = Kind::kField;
  std::vector<std::string> names;             // kField: several are a union
  std::vector<int64_t> indexes;               // kIndexes
  std::optional<int64_t> begin, end, stride;  // kSlice
  JsonPathOperand left, right;                // kFilter
  std::string comparison;                     // kFilter: "==", ...; empty: the left path exists
};

struct JsonPath::Node {
  enum class Kind { kText, kPath, kRange };
  Kind kind = Kind::kText;
  std::string text;         // kText
  JsonPathExpression path;  // kPath, kRange
  std::vector<Node> body;   // kRange
};

common::Result<std::vector<JsonPath::Node>> ParseJsonPath(std::string_view text);

}  // namespace skiff::kube
