#include "kube/model/encode.h"

#include "kube/model/defaults.h"
#include "kube/model/tables/tables.h"

namespace skiff::kube {

namespace {

template <typename T>
Value EncodeBody(const T& body, bool omit_defaults) {
  return EncodeStruct(Describe(&body), &body, omit_defaults);
}

}  // namespace

Value Encode(const Object& object, const EncodeOptions& options) {
  Object copy = object;
  if (options.omit_defaults) RemoveComputedDefaults(copy);
  Value map = Value::Map();
  map.Set("apiVersion", Value::String(std::string(object.api_version())));
  map.Set("kind", Value::String(std::string(object.kind())));
  Value body = std::visit([&](const auto& b) { return EncodeBody(b, options.omit_defaults); }, copy.body);
  for (Value::Entry& entry : body.entries()) map.entries().push_back(std::move(entry));
  return map;
}

Value Encode(const PodSpec& spec, const EncodeOptions& options) {
  return EncodeStruct(Describe(&spec), &spec, options.omit_defaults);
}

Value Encode(const PodTemplateSpec& pod_template, const EncodeOptions& options) {
  return EncodeStruct(Describe(&pod_template), &pod_template, options.omit_defaults);
}

}  // namespace skiff::kube
