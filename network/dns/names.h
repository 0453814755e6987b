// What the name server knows, as plain data: the files of the run directory that commands write and skiff-dns reads.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace skiff::network {

struct DnsPort {
  std::string name;
  std::string protocol;  // tcp, udp, sctp
  uint16_t port = 0;
};

// Of a Service without an address of its own.
struct DnsEndpoint {
  std::string address;
  std::string hostname;         // empty: made of the address
  std::vector<DnsPort> ports;  // of the pod
};

struct DnsService {
  std::string name;
  std::string kube_namespace;
  std::vector<std::string> addresses;  // empty: headless
  std::string external_name;           // not empty: an alias of that name
  std::vector<DnsPort> ports;
  std::vector<DnsEndpoint> endpoints;
};

// RUN/dns/services.json, for every network.
struct DnsServices {
  std::vector<DnsService> services;
};

// RUN/dns/networks/NETWORK/pods/ID.json.
struct DnsPod {
  std::vector<std::string> names;      // of pod, containers and aliases: single labels
  std::vector<std::string> addresses;
  std::string kube_namespace;          // empty: not from Kubernetes YAML
  std::vector<std::string> servers;    // where its other questions go; empty: the host's resolvers
};

// RUN/dns/networks/NETWORK/network.json.
struct DnsNetwork {
  std::vector<std::string> addresses;  // of the host on this network: where the server listens
  std::vector<std::string> servers;    // where other questions go; empty: the host's resolvers
  bool forward = true;                 // false: other names do not exist
  std::string interface;               // the bridge
};

template <typename V>
void VisitFields(V& v, DnsNetwork& n) {
  v("addresses", n.addresses);
  v("servers", n.servers);
  v("forward", n.forward);
  v("interface", n.interface);
}

template <typename V>
void VisitFields(V& v, DnsPort& p) {
  v("name", p.name);
  v("protocol", p.protocol);
  v("port", p.port);
}

template <typename V>
void VisitFields(V& v, DnsEndpoint& e) {
  v("address", e.address);
  v("hostname", e.hostname);
  v("ports", e.ports);
}

template <typename V>
void VisitFields(V& v, DnsService& s) {
  v("name", s.name);
  v("namespace", s.kube_namespace);
  v("addresses", s.addresses);
  v("externalName", s.external_name);
  v("ports", s.ports);
  v("endpoints", s.endpoints);
}

template <typename V>
void VisitFields(V& v, DnsServices& s) {
  v("services", s.services);
}

template <typename V>
void VisitFields(V& v, DnsPod& p) {
  v("names", p.names);
  v("addresses", p.addresses);
  v("namespace", p.kube_namespace);
  v("servers", p.servers);
}

}  // namespace skiff::network
