// core/v1 Service and Endpoints, discovery/v1 EndpointSlice.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kube/model/types/meta.h"

namespace skiff::kube {

struct ServicePort {
  std::string name;
  std::string protocol;  // TCP (default), UDP, SCTP
  std::optional<std::string> app_protocol;
  int32_t port = 0;
  std::optional<IntOrString> target_port;  // after loading: `port` when not given
  int32_t node_port = 0;                   // 0: none, or still to be chosen
};

struct ClientIpConfig {
  std::optional<int32_t> timeout_seconds;
};

struct SessionAffinityConfig {
  std::optional<ClientIpConfig> client_ip;
};

struct ServiceSpec {
  std::vector<ServicePort> ports;
  StringMap selector;  // empty: the endpoints come from Endpoints or EndpointSlice objects
  std::string cluster_ip;  // "None": headless
  std::vector<std::string> cluster_ips;
  std::string type;  // ClusterIP (default), NodePort, LoadBalancer, ExternalName
  std::vector<std::string> external_ips;
  std::string session_affinity;  // None (default), ClientIP
  std::optional<SessionAffinityConfig> session_affinity_config;
  std::string load_balancer_ip;
  std::vector<std::string> load_balancer_source_ranges;
  std::string external_name;
  std::string external_traffic_policy;
  int32_t health_check_node_port = 0;
  bool publish_not_ready_addresses = false;
  std::vector<std::string> ip_families;
  std::string ip_family_policy;
  std::optional<bool> allocate_load_balancer_node_ports;
  std::optional<std::string> load_balancer_class;
  std::string internal_traffic_policy;
  std::optional<std::string> traffic_distribution;

  bool headless() const { return cluster_ip == "None"; }
};

struct Service {
  static constexpr const char* kKind = "Service";
  static constexpr const char* kApiVersion = "v1";
  ObjectMeta metadata;
  ServiceSpec spec;
};

struct EndpointAddress {
  std::string ip;
  std::string hostname;
  std::optional<std::string> node_name;
  Value target_ref;
};

struct EndpointPort {
  std::string name;
  int32_t port = 0;
  std::string protocol;
  std::optional<std::string> app_protocol;
};

struct EndpointSubset {
  std::vector<EndpointAddress> addresses;
  std::vector<EndpointAddress> not_ready_addresses;
  std::vector<EndpointPort> ports;
};

// Has the name of its Service.
struct Endpoints {
  static constexpr const char* kKind = "Endpoints";
  static constexpr const char* kApiVersion = "v1";
  ObjectMeta metadata;
  std::vector<EndpointSubset> subsets;
};

struct EndpointConditions {
  std::optional<bool> ready;  // absent counts as true
  std::optional<bool> serving;
  std::optional<bool> terminating;
};

struct SliceEndpoint {
  std::vector<std::string> addresses;
  EndpointConditions conditions;
  std::optional<std::string> hostname;
  Value target_ref;
  StringMap deprecated_topology;
  std::optional<std::string> node_name;
  std::optional<std::string> zone;
  Value hints;
};

struct SlicePort {
  std::optional<std::string> name;
  std::string protocol;
  std::optional<int32_t> port;
  std::optional<std::string> app_protocol;
};

// Belongs to the Service that its label names.
inline constexpr char kServiceNameLabel[] = "kubernetes.io/service-name";

struct EndpointSlice {
  static constexpr const char* kKind = "EndpointSlice";
  static constexpr const char* kApiVersion = "discovery.k8s.io/v1";
  ObjectMeta metadata;
  std::string address_type;  // IPv4, IPv6, FQDN
  std::vector<SliceEndpoint> endpoints;
  std::vector<SlicePort> ports;
};

}  // namespace skiff::kube
