#include "network/definition.h"

#include <net/if.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "common/json.h"
#include "network/ip_address.h"

namespace skiff::network {

using common::ErrorCode;
using common::JsonBuilder;
using common::JsonValue;
using common::MakeError;
using common::Result;

namespace {

constexpr unsigned kIndent = 5;  // as podman writes its own
constexpr uint32_t kLargestVlan = 4094;
constexpr uint32_t kLeastMtu = 68;  // what IPv4 demands (RFC 791)
constexpr uint32_t kLargestMtu = 65535;

std::optional<uint32_t> ParseNumber(const std::string& text) {
  uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

Result<> CheckNumber(const std::string& name, const std::string& value, uint32_t least, uint32_t most) {
  const auto number = ParseNumber(value);
  if (number && *number >= least && *number <= most) return {};
  return MakeError(ErrorCode::kInvalid, "option {}={}: it must be a number between {} and {}", name, value, least, most);
}

Result<> CheckWord(const std::string& name, const std::string& value, std::initializer_list<std::string_view> words) {
  if (std::find(words.begin(), words.end(), value) != words.end()) return {};
  std::string list;
  for (const std::string_view word : words) list += fmt::format("{}{}", list.empty() ? "" : ", ", word);
  return MakeError(ErrorCode::kInvalid, "option {}={}: it must be one of {}", name, value, list);
}

Result<> CheckOption(const Definition& network, const std::string& name, const std::string& value) {
  if (name == "mtu") return CheckNumber(name, value, kLeastMtu, kLargestMtu);
  if (name == "metric") return CheckNumber(name, value, 0, ~uint32_t{0});
  if (name == "no_default_route") return CheckWord(name, value, {"true", "false"});
  if (network.is_bridge() && name == "vlan") return CheckNumber(name, value, 0, kLargestVlan);
  if (network.is_bridge() && name == "isolate") return CheckWord(name, value, {"true", "false", "strict"});
  if (network.driver == kMacvlanDriver && name == "mode")
    return CheckWord(name, value, {"bridge", "private", "vepa", "passthru"});
  if (network.driver == kIpvlanDriver && name == "mode") return CheckWord(name, value, {"l2", "l3", "l3s"});
  const std::string more = network.is_bridge() ? ", vlan, isolate" : ", mode";
  return MakeError(ErrorCode::kUnsupported, "unsupported {} network option {}: mtu, metric, no_default_route{} are supported",
                   network.driver, name, more);
}

Result<> CheckSubnet(const Subnet& subnet) {
  ASSIGN_OR_RETURN(const IpSubnet parsed, IpSubnet::Parse(subnet.subnet));
  const auto inside = [&](const std::string& what, const std::string& text) -> Result<> {
    if (text.empty()) return {};
    ASSIGN_OR_RETURN(const IpAddress address, IpAddress::Parse(text), "{}", what);
    if (parsed.Contains(address)) return {};
    return MakeError(ErrorCode::kInvalid, "{} {} not in subnet {}", what, text, subnet.subnet);
  };
  TRY(inside("gateway", subnet.gateway));
  TRY(inside("lease range start ip", subnet.range_start));
  TRY(inside("lease range end ip", subnet.range_end));
  if (subnet.range_start.empty() || subnet.range_end.empty()) return {};
  if (IpAddress::Parse(subnet.range_end).value() < IpAddress::Parse(subnet.range_start).value())
    return MakeError(ErrorCode::kInvalid, "lease range {}-{} ends before it begins", subnet.range_start,
                     subnet.range_end);
  return {};
}

Result<> CheckNewSubnet(const Subnet& subnet) {
  ASSIGN_OR_RETURN(const IpSubnet parsed, IpSubnet::Parse(subnet.subnet));
  const IpAddress& base = parsed.base;
  const bool multicast = base.v6 ? base.bytes[0] == 0xff : base.bytes[0] >= 224;
  if (multicast || base.IsLoopback() || base.IsUnspecified())
    return MakeError(ErrorCode::kInvalid, "subnet {} has no addresses that can be given to pods", subnet.subnet);
  // Base and broadcast address of IPv4 are not given; of IPv6 the first one is for any router.
  const int least = subnet.gateway.empty() ? 1 : 2;
  if (base.bits() - parsed.prefix_length < least)
    return MakeError(ErrorCode::kInvalid, "subnet {} is too small: it has no address for a pod{}", subnet.subnet,
                     subnet.gateway.empty() ? "" : " beside its gateway's");
  if (subnet.gateway.empty()) return {};
  ASSIGN_OR_RETURN(const IpAddress gateway, IpAddress::Parse(subnet.gateway), "gateway");
  if (gateway == base || (!base.v6 && gateway == parsed.last()))
    return MakeError(ErrorCode::kInvalid, "gateway {} is the {} address of subnet {}", subnet.gateway,
                     gateway == base ? "network" : "broadcast", subnet.subnet);
  return {};
}

Result<> CheckNewRoute(const Definition& network, const StaticRoute& route) {
  ASSIGN_OR_RETURN(const IpAddress gateway, IpAddress::Parse(route.gateway));
  std::string list;
  for (const Subnet& subnet : network.subnets) {
    ASSIGN_OR_RETURN(const IpSubnet parsed, IpSubnet::Parse(subnet.subnet));
    if (parsed.Contains(gateway)) return {};
    list += (list.empty() ? "" : ", ") + subnet.subnet;
  }
  return MakeError(ErrorCode::kInvalid, "route to {}: pods cannot reach the gateway {}, which is in no subnet of the network ({})",
                   route.destination, route.gateway, list.empty() ? "it has none" : list);
}

Result<> CheckRoute(const StaticRoute& route) {
  ASSIGN_OR_RETURN(const IpSubnet destination, IpSubnet::Parse(route.destination), "route");
  ASSIGN_OR_RETURN(const IpAddress gateway, IpAddress::Parse(route.gateway), "route to {}", route.destination);
  if (destination.base.v6 != gateway.v6)
    return MakeError(ErrorCode::kInvalid, "route to {}: gateway {} is of another family", route.destination,
                     route.gateway);
  return {};
}

Result<> CheckInterfaceName(const std::string& name) {
  if (!name.empty() && name.size() < IFNAMSIZ && name != "." && name != ".." &&
      name.find_first_of("/ \t\n:") == std::string::npos)
    return {};
  return MakeError(ErrorCode::kInvalid, "network_interface \"{}\" is not a name for an interface", name);
}

void SetSubnets(const Definition& network, JsonBuilder& b, JsonValue& root) {
  JsonValue list = b.Array();
  for (const Subnet& subnet : network.subnets) {
    JsonValue entry = b.Object();
    b.Set(entry, "subnet", subnet.subnet);
    if (!subnet.gateway.empty()) b.Set(entry, "gateway", subnet.gateway);
    JsonValue range = b.Object();
    if (!subnet.range_start.empty()) b.Set(range, "start_ip", subnet.range_start);
    if (!subnet.range_end.empty()) b.Set(range, "end_ip", subnet.range_end);
    if (!range.ObjectEmpty()) b.Set(entry, "lease_range", std::move(range));
    b.Push(list, std::move(entry));
  }
  if (!list.Empty()) b.Set(root, "subnets", std::move(list));
}

void SetRoutes(const Definition& network, JsonBuilder& b, JsonValue& root) {
  JsonValue list = b.Array();
  for (const StaticRoute& route : network.routes) {
    JsonValue entry = b.Object();
    b.Set(entry, "destination", route.destination);
    b.Set(entry, "gateway", route.gateway);
    if (route.metric) b.Set(entry, "metric", *route.metric);
    b.Push(list, std::move(entry));
  }
  if (!list.Empty()) b.Set(root, "routes", std::move(list));
}

void ReadSubnets(const JsonValue& root, Definition& network) {
  const JsonValue* list = common::FindArray(root, "subnets");
  if (list == nullptr) return;
  for (const JsonValue& item : list->GetArray()) {
    Subnet subnet;
    subnet.subnet = common::GetString(item, "subnet");
    subnet.gateway = common::GetString(item, "gateway");
    if (const JsonValue* range = common::FindObject(item, "lease_range")) {
      subnet.range_start = common::GetString(*range, "start_ip");
      subnet.range_end = common::GetString(*range, "end_ip");
    }
    // podman's rule for files without one.
    const auto parsed = IpSubnet::Parse(subnet.subnet);
    if (parsed && subnet.gateway.empty() && !(network.internal && !network.dns_enabled))
      subnet.gateway = parsed->base.Plus(1).ToString();
    network.subnets.push_back(std::move(subnet));
  }
}

void ReadRoutes(const JsonValue& root, Definition& network) {
  const JsonValue* list = common::FindArray(root, "routes");
  if (list == nullptr) return;
  for (const JsonValue& item : list->GetArray()) {
    StaticRoute route;
    route.destination = common::GetString(item, "destination");
    route.gateway = common::GetString(item, "gateway");
    if (item.IsObject() && item.HasMember("metric"))
      route.metric = static_cast<uint32_t>(common::GetInt(item, "metric"));
    network.routes.push_back(std::move(route));
  }
}

}  // namespace

std::string Definition::Option(const std::string& option) const {
  const auto found = options.find(option);
  return found == options.end() ? std::string() : found->second;
}

std::optional<uint32_t> Definition::Number(const std::string& option) const { return ParseNumber(Option(option)); }

std::string Definition::Gateway(bool v6) const {
  for (const Subnet& subnet : subnets) {
    const bool subnet_v6 = subnet.subnet.find(':') != std::string::npos;
    if (subnet_v6 == v6 && !subnet.gateway.empty()) return subnet.gateway;
  }
  return {};
}

Result<> CheckNewNetworkName(const std::string& name) {
  // `--network NAME` means something else there; podman refuses the same names.
  for (const std::string_view mode : {"bridge", "container", "host", "none", "ns", "private", "slirp4netns"}) {
    if (name == mode)
      return MakeError(ErrorCode::kInvalid, "cannot create network with name \"{}\" because it conflicts with a valid network mode",
                       name);
  }
  return CheckNetworkName(name);
}

Result<> CheckNetworkName(const std::string& name) {
  constexpr std::string_view kFirst = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  if (!name.empty() && kFirst.find(name.front()) != std::string_view::npos &&
      name.find_first_not_of(std::string(kFirst) + "_.-") == std::string::npos)
    return {};
  return MakeError(ErrorCode::kInvalid, "network name {} invalid: names must match [a-zA-Z0-9][a-zA-Z0-9_.-]*", name);
}

Result<> CheckDefinition(const Definition& network) {
  const bool known = network.is_bridge() || network.driver == kMacvlanDriver || network.driver == kIpvlanDriver;
  if (!known)
    return MakeError(ErrorCode::kUnsupported, "unsupported driver {}: bridge, macvlan and ipvlan are supported",
                     network.driver);
  if (network.ipam_driver == "dhcp")
    return MakeError(ErrorCode::kUnsupported,
                     "the ipam driver dhcp is not supported: give the network a subnet (--subnet), its addresses are "
                     "handed out by skiff");
  if (network.ipam_driver != "host-local" && network.ipam_driver != "none")
    return MakeError(ErrorCode::kUnsupported, "unsupported ipam driver {}: host-local and none are supported",
                     network.ipam_driver);
  if (network.is_bridge() || !network.interface.empty()) TRY(CheckInterfaceName(network.interface));
  if (network.subnets.empty() && network.ipam_driver == "host-local")
    return MakeError(ErrorCode::kUnsupported, "the {} driver needs at least one subnet (--subnet)", network.driver);
  for (const Subnet& subnet : network.subnets) TRY(CheckSubnet(subnet));
  for (const StaticRoute& route : network.routes) TRY(CheckRoute(route));
  for (const std::string& server : network.dns_servers) TRY(IpAddress::Parse(server), "DNS server");
  for (const auto& [name, value] : network.options) TRY(CheckOption(network, name, value));
  return {};
}

Result<> CheckNewDefinition(const Definition& network) {
  for (const Subnet& subnet : network.subnets) TRY(CheckNewSubnet(subnet));
  for (const StaticRoute& route : network.routes) TRY(CheckNewRoute(network, route));
  return {};
}

std::string EncodeDefinition(const Definition& network) {
  JsonBuilder b;
  JsonValue& root = b.root();
  b.Set(root, "name", network.name);
  b.Set(root, "id", network.id);
  b.Set(root, "driver", network.driver);
  if (!network.interface.empty()) b.Set(root, "network_interface", network.interface);
  b.Set(root, "created", network.created);
  SetSubnets(network, b, root);
  SetRoutes(network, b, root);
  b.Set(root, "ipv6_enabled", network.ipv6);
  b.Set(root, "internal", network.internal);
  b.Set(root, "dns_enabled", network.dns_enabled);
  if (!network.dns_servers.empty()) b.Set(root, "network_dns_servers", b.Strings(network.dns_servers));
  if (!network.labels.empty()) b.Set(root, "labels", b.StringMap(network.labels));
  if (!network.options.empty()) b.Set(root, "options", b.StringMap(network.options));
  JsonValue ipam = b.Object();
  b.Set(ipam, "driver", network.ipam_driver);
  b.Set(root, "ipam_options", std::move(ipam));
  return common::ToPrettyJson(root, kIndent) + "\n";
}

Result<Definition> DecodeDefinition(const std::string& text, const std::string& what) {
  ASSIGN_OR_RETURN(const common::JsonDocument document, common::ParseJson(text, what));
  if (!document.IsObject()) return MakeError(ErrorCode::kInvalid, "{}: not a JSON object", what);
  Definition network;
  network.name = common::GetString(document, "name");
  network.id = common::GetString(document, "id");
  network.driver = common::GetString(document, "driver");
  network.interface = common::GetString(document, "network_interface");
  network.created = common::GetString(document, "created");
  network.ipv6 = common::GetBool(document, "ipv6_enabled");
  network.internal = common::GetBool(document, "internal");
  network.dns_enabled = common::GetBool(document, "dns_enabled");
  network.dns_servers = common::GetStrings(document, "network_dns_servers");
  network.labels = common::GetStringMap(document, "labels");
  network.options = common::GetStringMap(document, "options");
  if (const JsonValue* ipam = common::FindObject(document, "ipam_options"))
    network.ipam_driver = common::GetString(*ipam, "driver", "host-local");
  ReadSubnets(document, network);
  ReadRoutes(document, network);
  TRY(CheckDefinition(network), "{}", what);
  return network;
}

}  // namespace skiff::network
