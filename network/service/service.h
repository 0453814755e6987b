// What Services are in the kernel and in the names of the network: plain data, made by kube/, carried out here.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace skiff::network {

// What one Service wants to hold of the machine.
struct ServiceRequest {
  struct Port {
    std::string protocol;  // tcp, udp, sctp
    bool wants_node_port = false;
    uint16_t node_port = 0;  // 0: any that is free
    uint16_t host_port = 0;  // of a LoadBalancer, 0: none
  };
  struct Address {
    bool v6 = false;
    std::string wanted = {};  // empty: any that is free
  };
  std::string holder;  // "NAMESPACE/NAME"
  std::vector<Address> addresses;  // one per family at most
  std::vector<Port> ports;
};

struct ServiceLease {
  std::vector<std::string> addresses;  // beside ServiceRequest::addresses
  std::vector<uint16_t> node_ports;  // beside ServiceRequest::ports, 0: not wanted
};

struct ServiceEndpoint {
  std::string address;
  uint16_t port = 0;
  auto operator<=>(const ServiceEndpoint&) const = default;
};

// One port of one Service: where its packets of one family go.
struct ServiceRule {
  std::string name;  // "NAMESPACE/NAME:PORT/PROTOCOL", unique
  bool v6 = false;   // the family of addresses and endpoints
  std::string protocol;
  uint16_t port = 0;
  std::vector<std::string> addresses;  // cluster address and external ones
  // On every address of the host, 0: none.
  uint16_t node_port = 0;
  uint16_t host_port = 0;
  std::vector<std::string> source_ranges;  // of either family, who may use host_port; empty: all
  int64_t affinity_s = 0;                  // a client stays with its endpoint for this long; 0: it does not
  std::vector<ServiceEndpoint> endpoints;  // empty: refused
  std::vector<ServiceEndpoint> leaving;    // nothing new goes there, but what does already is not to be moved away
};

template <typename V>
void VisitFields(V& v, ServiceEndpoint& e) {
  v("address", e.address);
  v("port", e.port);
}

template <typename V>
void VisitFields(V& v, ServiceRule& r) {
  v("name", r.name);
  v("v6", r.v6);
  v("protocol", r.protocol);
  v("port", r.port);
  v("addresses", r.addresses);
  v("nodePort", r.node_port);
  v("hostPort", r.host_port);
  v("sourceRanges", r.source_ranges);
  v("affinityS", r.affinity_s);
  v("endpoints", r.endpoints);
  v("leaving", r.leaving);
}

}  // namespace skiff::network
