// Reading objects that are kept as plain values: what is not there is empty.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/result.h"
#include "kube/model/value.h"

namespace skiff::kube {

// The member at a path of names divided by dots ("status.phase"); a null value where it leads nowhere.
const Value& At(const Value& value, std::string_view path);
// Its text; empty for lists, maps and what is not there.
const std::string& TextAt(const Value& value, std::string_view path);
int64_t IntAt(const Value& value, std::string_view path, int64_t fallback = 0);
bool BoolAt(const Value& value, std::string_view path);

inline bool IsNull(const Value& value) { return value.is(Value::Kind::kNull); }

// Maps in the order of their keys, as kubectl prints them.
Value SortedKeys(Value value);

common::Result<Value> ParseJsonValue(std::string_view text, std::string_view what);
// kubectl's: four spaces, sorted keys.
std::string ToPrettyJson(const Value& value);

}  // namespace skiff::kube
