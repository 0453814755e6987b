#include "network/endpoint_plan.h"

#include <net/if.h>

#include <algorithm>
#include <cctype>

#include "network/ip_address.h"
#include "network/links.h"

namespace skiff::network {

using common::ErrorCode;
using common::MakeError;
using common::Result;

namespace {

constexpr size_t kDnsName = 253, kDnsLabel = 63;
constexpr size_t kLinkNameIdDigits = 10;
constexpr std::string_view kNumbers = "0123456789abcdefghijklmnopqrstuvwxyz";  // an interface name has 15 letters

// The first "eth%d" that the pod has not.
std::string FreeInterface(const PodRecord& record) {
  for (int number = 0;; ++number) {
    std::string name = fmt::format("eth{}", number);
    if (std::ranges::find(record.endpoints, name, &Endpoint::interface) == record.endpoints.end()) return name;
  }
}

Result<std::string> FreeLink(const PodRecord& record) {
  const std::string base = LinkNameBase(record.pod_id);
  for (size_t number = 0; number < kNumbers.size(); ++number) {
    std::string name = number == 0 ? base : base + kNumbers[number];
    if (std::ranges::find(record.endpoints, name, &Endpoint::link) == record.endpoints.end()) return name;
  }
  return MakeError(ErrorCode::kInvalid, "a pod can be on {} networks at most", kNumbers.size());
}

Result<> CheckInterface(const PodRecord& record, const std::string& name) {
  if (name.empty()) return {};
  TRY(CheckInterfaceName(name));
  if (std::ranges::find(record.endpoints, name, &Endpoint::interface) != record.endpoints.end())
    return MakeError(ErrorCode::kInvalid, "interface name {} is used for two networks", name);
  return {};
}

std::string MacWith(const uint8_t* last_four) {
  return fmt::format("02:73:{:02x}:{:02x}:{:02x}:{:02x}", last_four[0], last_four[1], last_four[2], last_four[3]);
}

Result<> CheckStaticAddress(const Definition& network, const Subnet& subnet, const IpAddress& address) {
  ASSIGN_OR_RETURN(const IpSubnet parsed, IpSubnet::Parse(subnet.subnet));
  const bool broadcast = !address.v6 && address == parsed.last();
  if (address == parsed.base || broadcast || address.ToString() == subnet.gateway)
    return MakeError(ErrorCode::kInvalid, "address {} cannot be given to a pod of network {} (subnet {}, gateway {})",
                     address.ToString(), network.name, subnet.subnet, subnet.gateway);
  return {};
}

}  // namespace

Result<> CheckInterfaceName(const std::string& name) {
  if (!name.empty() && name.size() < IFNAMSIZ && name != "lo" && name.find_first_of("/ \t\n:%.") == std::string::npos) return {};
  return MakeError(ErrorCode::kInvalid, "\"{}\" is not a name for an interface of a pod", name);
}

Result<> CheckAlias(const std::string& alias) {
  size_t label = 0;
  bool valid = !alias.empty() && alias.size() <= kDnsName && alias.back() != '.';
  for (const char c : alias) {
    const bool inside = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
    valid = valid && (inside ? ++label <= kDnsLabel : c == '.' && label > 0);
    if (!inside) label = 0;
  }
  if (valid) return {};
  return MakeError(ErrorCode::kInvalid,
                   "alias \"{}\" cannot be a name in DNS: use letters, digits, '-' and '_', with '.' between parts of at most {}",
                   alias, kDnsLabel);
}

std::string LinkNameBase(const std::string& pod_id) { return "veth" + pod_id.substr(0, kLinkNameIdDigits); }

Result<> PlanEndpoint(PodRecord& record, const Definition& network, const EndpointRequest& request) {
  TRY(CheckInterface(record, request.interface));
  if (!request.static_mac.empty()) TRY(ParseMac(request.static_mac));
  if (!request.static_mac.empty() && network.driver == kIpvlanDriver)
    return MakeError(ErrorCode::kUnsupported,
                     "network {}: interfaces of an ipvlan network have the link address of their parent",
                     network.name);
  Endpoint endpoint;
  endpoint.network = network;
  endpoint.interface = request.interface.empty() ? FreeInterface(record) : request.interface;
  ASSIGN_OR_RETURN(endpoint.link, FreeLink(record));
  endpoint.aliases = request.aliases;
  endpoint.own_mac = !request.static_mac.empty();
  record.endpoints.push_back(std::move(endpoint));
  return {};
}

Result<std::vector<IpAddress>> StaticAddresses(const Definition& network, const EndpointRequest& request) {
  std::vector<IpAddress> addresses;
  for (const std::string& text : request.static_ips) {
    ASSIGN_OR_RETURN(const IpAddress address, IpAddress::Parse(text));
    const auto inside = [&](const Subnet& subnet) {
      const auto parsed = IpSubnet::Parse(subnet.subnet);
      return parsed && parsed->Contains(address);
    };
    const auto subnet = std::ranges::find_if(network.subnets, inside);
    if (subnet == network.subnets.end())
      return MakeError(ErrorCode::kInvalid, "requested static ip {} not in any subnet on network {}", text, network.name);
    TRY(CheckStaticAddress(network, *subnet, address));
    const auto again = std::ranges::find_if(addresses, [&](const IpAddress& a) {
      const auto parsed = IpSubnet::Parse(subnet->subnet);
      return parsed && parsed->Contains(a);
    });
    if (again != addresses.end())
      return MakeError(ErrorCode::kInvalid, "{} and {} are both in subnet {} of network {}: a pod has one address of each",
                       again->ToString(), text, subnet->subnet, network.name);
    addresses.push_back(address);
  }
  return addresses;
}

Result<std::vector<Lease>> TakeAddresses(LeaseStore& leases, const Definition& network, const EndpointRequest& request,
                                         const std::string& pod_id,
                                         const std::function<std::string(const std::string&)>& describe) {
  ASSIGN_OR_RETURN(const std::vector<IpAddress> wanted, StaticAddresses(network, request));
  std::vector<Lease> taken;
  if (network.subnets.empty()) TRY(leases.TakePlace(network.name, pod_id));
  for (const Subnet& subnet : network.subnets) {
    ASSIGN_OR_RETURN(const IpSubnet parsed, IpSubnet::Parse(subnet.subnet));
    const auto own = std::ranges::find_if(wanted, [&](const IpAddress& a) { return parsed.Contains(a); });
    IpAddress address;
    if (own == wanted.end()) {
      ASSIGN_OR_RETURN(address, leases.TakeAny(network.name, subnet, pod_id));
    } else {
      address = *own;
      const auto result = leases.Take(network.name, address, pod_id);
      if (!result && result.error().code() == ErrorCode::kExists)
        return MakeError(ErrorCode::kExists, "address {} of network {} is held by pod {}", address.ToString(),
                         network.name, describe(leases.Holder(network.name, address).value_or("")));
      TRY(result);
    }
    taken.push_back({.network = network.name, .address = address.ToString(), .prefix_length = parsed.prefix_length,
                     .gateway = subnet.gateway});
  }
  return taken;
}

// The same address keeps the same one, so that neighbour entries of other pods stay right when it is given again.
std::string MacOf(const Definition& network, const EndpointRequest& request, const std::vector<Lease>& leases,
                  const std::string& pod_id) {
  if (!request.static_mac.empty() || network.driver == kIpvlanDriver) return request.static_mac;
  if (!leases.empty()) {
    if (const auto address = IpAddress::Parse(leases.front().address))
      return MacWith(address->data() + address->size() - 4);
  }
  const size_t hash = std::hash<std::string>()(network.name + pod_id);
  const uint8_t octets[] = {static_cast<uint8_t>(hash), static_cast<uint8_t>(hash >> 8),
                            static_cast<uint8_t>(hash >> 16), static_cast<uint8_t>(hash >> 24)};
  return MacWith(octets);
}

}  // namespace skiff::network
