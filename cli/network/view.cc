#include "cli/network/view.h"

#include <algorithm>
#include <map>

#include "cli/render/units.h"
#include "network/definition.h"

namespace skiff::cli {

using common::ErrorCode;
using common::JsonBuilder;
using common::JsonValue;
using common::MakeError;
using common::Result;

JsonValue NetworkJson(const network::Definition& network, JsonBuilder& b) {
  const auto document = common::ParseJson(network::EncodeDefinition(network), network.name);
  JsonValue copy;
  if (document) copy.CopyFrom(*document, b.allocator());
  return copy;
}

JsonValue NetworkContainers(const network::Definition& network, const std::vector<pod::PodInfo>& pods, bool go_names,
                            JsonBuilder& b) {
  const auto name = [&](const char* json, const char* go) { return go_names ? go : json; };
  JsonValue containers = b.Object();
  for (const pod::PodInfo& pod : pods) {
    if (pod.status.state != "running") continue;
    std::map<std::string, std::vector<const network::Lease*>> interfaces;
    for (const network::Lease& lease : pod.leases) {
      if (lease.network == network.name) interfaces[lease.interface].push_back(&lease);
    }
    if (interfaces.empty()) continue;
    JsonValue links = b.Object();
    for (const auto& [interface, leases] : interfaces) {
      JsonValue subnets = b.Array();
      for (const network::Lease* lease : leases) {
        JsonValue subnet = b.Object();
        b.Set(subnet, name("ipnet", "IPNet"), fmt::format("{}/{}", lease->address, lease->prefix_length));
        if (!lease->gateway.empty()) b.Set(subnet, name("gateway", "Gateway"), lease->gateway);
        b.Push(subnets, std::move(subnet));
      }
      JsonValue link = b.Object();
      b.Set(link, name("subnets", "Subnets"), std::move(subnets));
      b.Set(link, name("mac_address", "MacAddress"), leases.front()->mac);
      b.Set(links, interface, std::move(link));
    }
    // In a pod its infra process is the one that is on the network.
    const bool alone = pod.spec.implicit && !pod.containers.empty();
    JsonValue container = b.Object();
    b.Set(container, name("name", "Name"), alone ? pod.containers.front().name : ShortId(pod.id) + "-infra");
    b.Set(container, name("interfaces", "Interfaces"), std::move(links));
    b.Set(containers, alone ? pod.containers.front().id : pod.infra_id, std::move(container));
  }
  return containers;
}

JsonValue NetworkFields(const network::Definition& network, bool no_truncation, JsonBuilder& b) {
  JsonValue fields = b.Object();
  b.Set(fields, "Name", network.name);
  b.Set(fields, "ID", no_truncation ? network.id : ShortId(network.id));
  b.Set(fields, "Driver", network.driver);
  b.Set(fields, "NetworkInterface", network.interface);
  b.Set(fields, "Created", network.created);
  JsonValue subnets = b.Array();
  for (const network::Subnet& subnet : network.subnets) {
    JsonValue entry = b.Object();
    b.Set(entry, "Subnet", subnet.subnet);
    b.Set(entry, "Gateway", subnet.gateway);
    JsonValue range = b.Object();
    b.Set(range, "StartIP", subnet.range_start);
    b.Set(range, "EndIP", subnet.range_end);
    b.Set(entry, "LeaseRange", std::move(range));
    b.Push(subnets, std::move(entry));
  }
  b.Set(fields, "Subnets", std::move(subnets));
  JsonValue routes = b.Array();
  for (const network::StaticRoute& route : network.routes) {
    JsonValue entry = b.Object();
    b.Set(entry, "Destination", route.destination);
    b.Set(entry, "Gateway", route.gateway);
    if (route.metric) b.Set(entry, "Metric", *route.metric);
    b.Push(routes, std::move(entry));
  }
  b.Set(fields, "Routes", std::move(routes));
  b.Set(fields, "IPv6Enabled", network.ipv6);
  b.Set(fields, "Internal", network.internal);
  b.Set(fields, "DNSEnabled", network.dns_enabled);
  b.Set(fields, "NetworkDNSServers", b.Strings(network.dns_servers));
  b.Set(fields, "Labels", b.StringMap(network.labels));
  b.Set(fields, "Options", b.StringMap(network.options));
  b.Set(fields, "IPAMOptions", b.StringMap({{"driver", network.ipam_driver}}));
  return fields;
}

bool WantsJson(const std::string& format) {
  std::string text = format;
  std::erase(text, ' ');
  return text == "json" || text == "{{json.}}";
}

Result<NetworkFilter> NetworkFilter::Parse(const std::vector<std::string>& flags) {
  ASSIGN_OR_RETURN(Filters filters, Filters::Parse(flags, {"name", "id", "driver", "label", "label!", "dangling", "until"}));
  for (const std::string& value : filters.Has("dangling") ? filters.Values("dangling") : std::vector<std::string>()) {
    if (value != "true" && value != "false")
      return MakeError(ErrorCode::kInvalid, "invalid filter \"dangling={}\": write true or false", value);
  }
  NetworkFilter filter(std::move(filters));
  for (const std::string& text : filter.filters_.Values("until")) {
    ASSIGN_OR_RETURN(filter.before_.emplace_back(), PointInTime(text), "filter until={}", text);
  }
  return filter;
}

Result<bool> NetworkFilter::Matches(const network::Definition& network, pod::Engine& engine) const {
  const bool matches = filters_.MatchesPart("name", network.name) && filters_.MatchesPrefix("id", network.id) &&
                       filters_.Matches("driver", network.driver) && filters_.MatchesLabels(network.labels) &&
                       std::ranges::all_of(before_, [&](const std::string& time) { return IsBefore(network.created, time); });
  if (!matches || !filters_.Has("dangling")) return matches;
  ASSIGN_OR_RETURN(const auto users, engine.NetworkUsers(network.name));
  // What cannot be removed is no loose end.
  const bool dangling = users.empty() && network.name != network::Network::kDefaultName;
  return filters_.Matches("dangling", dangling ? "true" : "false");
}

}  // namespace skiff::cli
