// Services with their endpoints, as they are right now: for reconciliation, and for `kube get`.
#pragma once

#include <string>
#include <vector>

#include "common/result.h"
#include "kube/model/types/service.h"
#include "kube/play/backend.h"

namespace skiff::kube {

// The families of a Service's addresses, the first one first.
std::vector<std::string> FamiliesOf(const ServiceSpec& spec);
std::string FamilyOfAddress(const std::string& address);  // "IPv4" or "IPv6"

// An address of a pod, or of an Endpoints or EndpointSlice object, behind a Service. A pod has one of each of the Service's
// families, if it can.
struct EndpointView {
  std::string address;
  std::string hostname;  // of spec.hostname and a spec.subdomain that is the Service's name, or of the object; may be empty
  std::string pod;       // name, empty: from an object
  // The conditions of an EndpointSlice. Ready ones get the traffic; without any, those that terminate and still serve do.
  bool ready = false;
  bool serving = false;
  bool terminating = false;
  // Beside the Service's ports; 0: this endpoint has no such port.
  std::vector<uint16_t> ports;
};

struct ServiceView {
  Service service;
  std::string uid;
  std::string created;  // RFC 3339
  std::vector<EndpointView> endpoints;  // sorted by address
};

// All Services, sorted by namespace and name. `kube_namespace` empty: of every namespace.
common::Result<std::vector<ServiceView>> ListServices(PodBackend& backend, const ObjectReader& read,
                                                      const std::string& kube_namespace = "");

// Every container is ready, whether the pod terminates or not.
bool PodIsReady(const pod::PodInfo& pod);

}  // namespace skiff::kube
