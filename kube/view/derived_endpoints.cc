#include "kube/view/derived_endpoints.h"

#include <algorithm>
#include <map>

#include "common/clock.h"
#include "kube/model/decode.h"
#include "kube/model/encode.h"
#include "kube/play/object_key.h"
#include "kube/translate/value_access.h"
#include "kube/view/service_view.h"

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

Value TargetOf(const ServiceView& view, const EndpointView& endpoint) {
  Value target = Value::Map();
  target.Set("kind", Value::String(Pod::kKind));
  target.Set("name", Value::String(endpoint.pod));
  target.Set("namespace", Value::String(NamespaceOf(view.service.metadata)));
  return target;
}

// Of the first family, as this kind can have one only, and without those that terminate, which it has no word for.
// Addresses with the same ports are one subset.
Endpoints EndpointsOf(const ServiceView& view) {
  const Service& service = view.service;
  Endpoints endpoints;
  endpoints.metadata.name = service.metadata.name;
  endpoints.metadata.kube_namespace = NamespaceOf(service.metadata);
  endpoints.metadata.labels = service.metadata.labels;
  const std::string family = FamiliesOf(service.spec).front();
  std::map<std::vector<uint16_t>, EndpointSubset> subsets;
  for (const EndpointView& endpoint : view.endpoints) {
    if (FamilyOfAddress(endpoint.address) != family || (endpoint.terminating && !endpoint.ready)) continue;
    EndpointSubset& subset = subsets[endpoint.ports];
    EndpointAddress address{.ip = endpoint.address, .hostname = endpoint.hostname};
    if (!endpoint.pod.empty()) address.target_ref = TargetOf(view, endpoint);
    (endpoint.ready ? subset.addresses : subset.not_ready_addresses).push_back(std::move(address));
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

// What the API server would append by chance, here the same each time.
std::string Suffix(const std::string& text) {
  constexpr std::string_view kLetters = "bcdfghjklmnpqrstvwxz2456789";
  constexpr int kLength = 5;
  uint64_t hash = 14695981039346656037u;  // FNV-1a
  for (const char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 1099511628211u;
  std::string suffix;
  for (int i = 0; i < kLength; ++i, hash /= kLetters.size()) suffix += kLetters[hash % kLetters.size()];
  return suffix;
}

EndpointSlice SliceOf(const ServiceView& view, const std::string& family, const std::vector<uint16_t>& ports) {
  const Service& service = view.service;
  EndpointSlice slice;
  slice.address_type = family;
  slice.metadata.name = service.metadata.name + "-" + Suffix(fmt::format("{} {} {}", view.uid, family, fmt::join(ports, " ")));
  slice.metadata.kube_namespace = NamespaceOf(service.metadata);
  slice.metadata.labels = service.metadata.labels;
  slice.metadata.labels[kServiceNameLabel] = service.metadata.name;
  slice.metadata.labels["endpointslice.kubernetes.io/managed-by"] = "endpointslice-controller.k8s.io";
  if (service.spec.headless()) slice.metadata.labels["service.kubernetes.io/headless"] = "";
  for (size_t i = 0; i < ports.size(); ++i) {
    const ServicePort& port = service.spec.ports[i];
    if (ports[i] != 0) slice.ports.push_back({.name = port.name, .protocol = port.protocol, .port = ports[i]});
  }
  return slice;
}

// Endpoints that somebody wrote, as slices: one per family and subset.
std::vector<EndpointSlice> MirrorsOf(const ServiceView& view, const Endpoints& endpoints, const std::string& uid) {
  std::vector<EndpointSlice> slices;
  for (size_t i = 0; i < endpoints.subsets.size(); ++i) {
    const EndpointSubset& subset = endpoints.subsets[i];
    std::map<std::string, EndpointSlice> by_family;
    const auto add = [&](const EndpointAddress& address, bool ready) {
      const std::string family = FamilyOfAddress(address.ip);
      const auto [entry, is_new] = by_family.try_emplace(family);
      EndpointSlice& slice = entry->second;
      if (is_new) {
        slice.address_type = family;
        slice.metadata = endpoints.metadata;
        slice.metadata.name += "-" + Suffix(fmt::format("{} {} {}", uid, family, i));
        slice.metadata.kube_namespace = NamespaceOf(view.service.metadata);
        slice.metadata.labels[kServiceNameLabel] = view.service.metadata.name;
        slice.metadata.labels["endpointslice.kubernetes.io/managed-by"] = "endpointslicemirroring-controller.k8s.io";
        for (const EndpointPort& port : subset.ports)
          slice.ports.push_back({.name = port.name, .protocol = port.protocol, .port = port.port, .app_protocol = port.app_protocol});
      }
      SliceEndpoint& out = slice.endpoints.emplace_back();
      out.addresses = {address.ip};
      out.conditions.ready = ready;
      if (!address.hostname.empty()) out.hostname = address.hostname;
      out.node_name = address.node_name;
      out.target_ref = address.target_ref;
    };
    for (const EndpointAddress& address : subset.addresses) add(address, true);
    for (const EndpointAddress& address : subset.not_ready_addresses) add(address, false);
    for (auto& [family, slice] : by_family) slices.push_back(std::move(slice));
  }
  return slices;
}

// One per family and set of ports, also of a Service without endpoints.
std::vector<EndpointSlice> SlicesOf(const ServiceView& view) {
  std::vector<EndpointSlice> slices;
  for (const std::string& family : FamiliesOf(view.service.spec)) {
    std::map<std::vector<uint16_t>, EndpointSlice> by_ports;
    for (const EndpointView& endpoint : view.endpoints) {
      if (FamilyOfAddress(endpoint.address) != family) continue;
      const auto slice = by_ports.try_emplace(endpoint.ports, SliceOf(view, family, endpoint.ports)).first;
      SliceEndpoint& out = slice->second.endpoints.emplace_back();
      out.addresses = {endpoint.address};
      out.conditions = {.ready = endpoint.ready, .serving = endpoint.serving, .terminating = endpoint.terminating};
      if (!endpoint.hostname.empty()) out.hostname = endpoint.hostname;
      if (!endpoint.pod.empty()) out.target_ref = TargetOf(view, endpoint);
    }
    if (by_ports.empty()) by_ports.try_emplace({}, SliceOf(view, family, {}));
    for (auto& [ports, slice] : by_ports) slices.push_back(std::move(slice));
  }
  return slices;
}

Value ToValue(Object object, const std::string& created_at) {
  Value value = Encode(object);
  Value metadata = At(value, "metadata");
  if (const auto created = common::ParseTime(created_at))
    metadata.Set("creationTimestamp", Value::String(common::FormatTime(*created)));
  value.Set("metadata", std::move(metadata));
  return value;
}

// Those whose endpoints Kubernetes' controllers look for: by its selector.
bool Selects(const ServiceView& view) {
  return !view.service.spec.selector.empty() && view.service.spec.type != "ExternalName";
}

Result<> AddMirrors(PodBackend& backend, const std::vector<ServiceView>& views, std::vector<Value>& objects) {
  ASSIGN_OR_RETURN(const auto stored, backend.ListObjects(Endpoints::kKind));
  for (const PodBackend::StoredObject& one : stored) {
    const auto view = std::ranges::find_if(views, [&](const ServiceView& v) {
      return v.service.metadata.name == one.name && NamespaceOf(v.service.metadata) == one.kube_namespace;
    });
    if (view == views.end() || !view->service.spec.selector.empty()) continue;
    ASSIGN_OR_RETURN(const Object object, ReadStored(one.json));
    for (EndpointSlice& slice : MirrorsOf(*view, *object.As<Endpoints>(), one.uid))
      objects.push_back(ToValue(Object{.body = std::move(slice)}, one.created));
  }
  return {};
}

}  // namespace

Result<std::vector<Value>> DerivedEndpoints(PodBackend& backend) {
  ASSIGN_OR_RETURN(const auto views, ListServices(backend, ReadStored));
  std::vector<Value> objects;
  for (const ServiceView& view : views) {
    if (Selects(view)) objects.push_back(ToValue(Object{.body = EndpointsOf(view)}, view.created));
  }
  return objects;
}

Result<std::vector<Value>> DerivedEndpointSlices(PodBackend& backend) {
  ASSIGN_OR_RETURN(const auto views, ListServices(backend, ReadStored));
  std::vector<Value> objects;
  for (const ServiceView& view : views) {
    if (!Selects(view)) continue;
    for (EndpointSlice& slice : SlicesOf(view)) objects.push_back(ToValue(Object{.body = std::move(slice)}, view.created));
  }
  TRY(AddMirrors(backend, views, objects));
  return objects;
}

}  // namespace skiff::kube
