// What a network is: the content of a definition file, in podman's terms.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/result.h"

namespace skiff::network {

inline constexpr char kBridgeDriver[] = "bridge";
inline constexpr char kMacvlanDriver[] = "macvlan";
inline constexpr char kIpvlanDriver[] = "ipvlan";

struct Subnet {
  std::string subnet;       // "10.89.0.0/24"
  std::string gateway;      // empty: none (macvlan without one)
  std::string range_start;  // of the addresses that pods get; empty: the whole subnet
  std::string range_end;
};

struct StaticRoute {
  std::string destination;  // "10.1.0.0/16"
  std::string gateway;
  std::optional<uint32_t> metric;
};

struct Definition {
  std::string name;
  std::string id;                      // 64 hex digits
  std::string driver = kBridgeDriver;  // bridge, macvlan, ipvlan
  std::string interface;               // bridge: its name; macvlan, ipvlan: the parent, empty: that of the default route
  std::string created;                 // RFC 3339
  std::vector<Subnet> subnets;
  std::vector<StaticRoute> routes;
  bool ipv6 = false;
  bool internal = false;  // nothing leaves it
  bool dns_enabled = false;
  std::vector<std::string> dns_servers;
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> options;  // mtu, vlan, isolate, metric, no_default_route, mode
  std::string ipam_driver = "host-local";      // host-local, none

  bool is_bridge() const { return driver == kBridgeDriver; }
  // Values of options; checked when the definition is made or read.
  std::optional<uint32_t> mtu() const { return Number("mtu"); }
  std::optional<uint32_t> vlan() const { return Number("vlan"); }
  std::optional<uint32_t> metric() const { return Number("metric"); }
  bool no_default_route() const { return Option("no_default_route") == "true"; }
  bool isolated() const { return Option("isolate") == "true" || strictly_isolated(); }
  bool strictly_isolated() const { return Option("isolate") == "strict"; }
  std::string mode() const { return Option("mode"); }
  std::string Option(const std::string& name) const;
  // The first gateway of that family, empty: none.
  std::string Gateway(bool v6) const;

 private:
  std::optional<uint32_t> Number(const std::string& option) const;
};

// kInvalid or kUnsupported: what is wrong. Everything but what Create fills in must be there.
common::Result<> CheckDefinition(const Definition& definition);
// What in a definition that is made now would keep pods from their network, though a file with it is read.
common::Result<> CheckNewDefinition(const Definition& definition);
common::Result<> CheckNetworkName(const std::string& name);
common::Result<> CheckNewNetworkName(const std::string& name);  // also not that of a network mode

// One JSON object as podman writes it into its files and shows it.
std::string EncodeDefinition(const Definition& definition);
common::Result<Definition> DecodeDefinition(const std::string& text, const std::string& what);

template <typename V>
void VisitFields(V& v, Subnet& s) {
  v("subnet", s.subnet);
  v("gateway", s.gateway);
  v("rangeStart", s.range_start);
  v("rangeEnd", s.range_end);
}

template <typename V>
void VisitFields(V& v, StaticRoute& r) {
  v("destination", r.destination);
  v("gateway", r.gateway);
  v("metric", r.metric);
}

template <typename V>
void VisitFields(V& v, Definition& d) {
  v("name", d.name);
  v("id", d.id);
  v("driver", d.driver);
  v("interface", d.interface);
  v("subnets", d.subnets);
  v("routes", d.routes);
  v("ipv6", d.ipv6);
  v("internal", d.internal);
  v("dnsEnabled", d.dns_enabled);
  v("dnsServers", d.dns_servers);
  v("options", d.options);
  v("ipamDriver", d.ipam_driver);
}

}  // namespace skiff::network
