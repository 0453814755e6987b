// Tables of values that are checked and kept as they are (kube::Value members).
#pragma once

#include "kube/model/schema.h"

namespace skiff::kube {

// A field without a member of its own.
inline Field S(std::string_view name, Type type, Support support = Support::kAccepted) {
  Field field;
  field.name = name;
  field.type = std::move(type);
  field.support = support;
  return field;
}

inline Type AnyType() { return {Type::Kind::kAny}; }
inline Type StringType() { return {Type::Kind::kString}; }
inline Type BoolType() { return {Type::Kind::kBool}; }
inline Type IntType() { return {Type::Kind::kInt32}; }
inline Type LongType() { return {Type::Kind::kInt64}; }
inline Type StructType(const Struct& (*fields)()) { return {Type::Kind::kStruct, fields}; }
inline Type ListOf(Type element) { return {Type::Kind::kList, nullptr, std::make_shared<Type>(std::move(element))}; }
inline Type MapOf(Type element) { return {Type::Kind::kMap, nullptr, std::make_shared<Type>(std::move(element))}; }

// kube/model/tables/scheduling.cc
const Struct& AffinityTable();
const Struct& TolerationTable();
const Struct& TopologySpreadConstraintTable();
const Struct& PodOsTable();
const Struct& ReadinessGateTable();
const Struct& SchedulingGateTable();
const Struct& ResourceClaimReferenceTable();
const Struct& PodResourceClaimTable();
const Struct& SchedulingGroupTable();
const Struct& ResizePolicyTable();
const Struct& WindowsOptionsTable();
const Struct& TypedObjectReferenceTable();

// kube/model/tables/remote_volumes.cc: the fields of Volume whose sources one machine alone cannot provide.
std::vector<Field> RemoteVolumeFields();

}  // namespace skiff::kube
