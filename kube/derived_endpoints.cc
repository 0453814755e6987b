#include "kube/derived_endpoints.h"

#include <map>

#include "common/clock.h"
#include "kube/decode.h"
#include "kube/encode.h"
#include "kube/object_key.h"
#include "kube/service_view.h"
#include "kube/value_access.h"

namespace skiff::kube {
namespace {

using common::ErrorCode;
using common::MakeError;
using common::Result;

Result<Object> ReadStored(const std::string& json) {
  ASSIGN_OR_RETURN(const Value value, ParseJsonValue(json, "stored object"));
  Decoded decoded = DecodeObject(value, "", UnknownFields::kIgnore);
  if (!decoded.object) return MakeError(ErrorCode::kInternal, "an object of an earlier call cannot be read");
  return std::move(*decoded.object);
}

// Addresses with the same ports are one subset.
Endpoints EndpointsOf(const ServiceView& view) {
  const Service& service = view.service;
  Endpoints endpoints;
  endpoints.metadata.name = service.metadata.name;
  endpoints.metadata.kube_namespace = NamespaceOf(service.metadata);
  endpoints.metadata.labels = service.metadata.labels;
  std::map<std::vector<uint16_t>, EndpointSubset> subsets;
  for (const EndpointView& endpoint : view.endpoints) {
    EndpointSubset& subset = subsets[endpoint.ports];
    EndpointAddress address{.ip = endpoint.address, .hostname = endpoint.hostname};
    if (!endpoint.pod.empty()) {
      address.target_ref = Value::Map();
      address.target_ref.Set("kind", Value::String(Pod::kKind));
      address.target_ref.Set("name", Value::String(endpoint.pod));
      address.target_ref.Set("namespace", Value::String(endpoints.metadata.kube_namespace));
    }
    (view.Serves(endpoint) ? subset.addresses : subset.not_ready_addresses).push_back(std::move(address));
  }
  for (auto& [ports, subset] : subsets) {
    for (size_t i = 0; i < ports.size(); ++i) {
      if (ports[i] == 0) continue;
      const ServicePort& port = service.spec.ports[i];
      subset.ports.push_back({.name = port.name, .port = ports[i], .protocol = port.protocol});
    }
    endpoints.subsets.push_back(std::move(subset));
  }
  return endpoints;
}

}  // namespace

Result<std::vector<Value>> DerivedEndpoints(PodBackend& backend) {
  std::vector<Value> objects;
  ASSIGN_OR_RETURN(const auto views, ListServices(backend, ReadStored));
  for (const ServiceView& view : views) {
    if (view.service.spec.selector.empty() || view.service.spec.type == "ExternalName") continue;
    Value object = Encode(Object{.body = EndpointsOf(view)});
    Value metadata = At(object, "metadata");
    const auto created = common::ParseTime(view.created);
    if (created) metadata.Set("creationTimestamp", Value::String(common::FormatTime(*created)));
    object.Set("metadata", std::move(metadata));
    objects.push_back(std::move(object));
  }
  return objects;
}

}  // namespace skiff::kube
