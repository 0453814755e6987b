// Checks a value against the tables: unknown fields, types, required fields, choices, ranges, rules, support.
#pragma once

#include <string>
#include <vector>

#include "kube/model/diagnostic.h"
#include "kube/model/schema.h"
#include "kube/model/value.h"

namespace skiff::kube {

enum class UnknownFields { kError, kWarning, kIgnore };

// What was found, and where in the text; the text's name is the caller's.
struct Finding {
  Severity severity = Severity::kError;
  Mark mark;
  std::string message;
};

// `value` is a whole object of `kind` ("Pod"), whose table is `fields`.
std::vector<Finding> CheckObject(const Struct& fields, const Value& value, UnknownFields unknown);

}  // namespace skiff::kube
