// One object out of a tree of values: checked, decoded, with defaults.
#pragma once

#include <optional>
#include <vector>

#include "kube/model/check.h"
#include "kube/model/types/object.h"
#include "kube/model/value.h"

namespace skiff::kube {

struct Decoded {
  // Absent when there are errors, and for known kinds that skiff leaves out (with a warning).
  std::optional<Object> object;
  std::vector<Finding> findings;  // in the order of the text
};

// `file` goes into the object's position.
Decoded DecodeObject(const Value& value, const std::string& file, UnknownFields unknown);

}  // namespace skiff::kube
