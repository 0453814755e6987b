// network create.
#include "cli/network/commands.h"
#include "cli/notation/text.h"
#include "network/ip_address.h"

namespace skiff::cli {

using common::ErrorCode;
using common::MakeError;
using common::Result;

namespace {

// "10.5.0.64/26" or "10.5.0.64-10.5.0.127".
Result<> SetRange(const std::string& text, network::Subnet& subnet) {
  const size_t dash = text.find('-');
  if (dash != std::string::npos) {
    subnet.range_start = text.substr(0, dash);
    subnet.range_end = text.substr(dash + 1);
    return {};
  }
  ASSIGN_OR_RETURN(const auto range, network::IpSubnet::Parse(text), "--ip-range");
  subnet.range_start = range.base.Plus(1).ToString();
  subnet.range_end = range.last().ToString();
  return {};
}

// "10.1.0.0/16,10.5.0.254[,METRIC]".
Result<network::StaticRoute> ParseRoute(const std::string& text) {
  const std::vector<std::string> parts = Split(text, ',');
  if (parts.size() != 2 && parts.size() != 3)
    return MakeError(ErrorCode::kInvalid, "--route {}: write DESTINATION,GATEWAY[,METRIC]", text);
  network::StaticRoute route{.destination = parts[0], .gateway = parts[1], .metric = {}};
  if (parts.size() == 2) return route;
  const std::string& metric = parts[2];
  if (metric.empty() || metric.size() > 9 || metric.find_first_not_of("0123456789") != std::string::npos)
    return MakeError(ErrorCode::kInvalid, "--route {}: \"{}\" is not a metric", text, metric);
  route.metric = static_cast<uint32_t>(std::stoul(metric));
  return route;
}

class NetworkCreateCommand : public Command {
 public:
  void Declare(Arguments& a) override {
    a.Value("-d,--driver", driver_, "name", "bridge, macvlan or ipvlan (default bridge)");
    a.List("--subnet", subnets_, "address/length", "Subnet; several for several, or one per family");
    a.List("--gateway", gateways_, "address", "The host's address in the subnet of the same place in the list",
           ListStyle::kCommaSeparated);
    a.List("--ip-range", ranges_, "range", "Give pods addresses of this part of the subnet only");
    a.Switch("--ipv6", ipv6_, "An IPv6 subnet as well");
    a.Switch("--internal", internal_, "Nothing gets out of it, or in");
    a.Switch("--disable-dns", no_dns_, "No names of pods in DNS");
    a.List("--dns", dns_, "address", "Servers that answer for other names", ListStyle::kCommaSeparated);
    a.List("--route", routes_, "destination,gateway[,metric]", "A static route in every pod");
    a.Value("--interface-name", interface_, "name", "Name of the bridge, or parent of macvlan and ipvlan");
    a.List("-o,--opt", options_, "name=value",
           "mtu, vlan, isolate, metric, no_default_route, mode, parent");
    a.List("--label", labels_, "name=value", "Set a label");
    a.Value("--ipam-driver", ipam_, "name", "host-local (default) or none");
    a.Switch("--ignore", ignore_, "A network that exists is no error");
    a.Operands(names_, 0, 1);
  }

  Result<int> Run(Context& context) override {
    ASSIGN_OR_RETURN(network::Definition wanted, Build());
    ASSIGN_OR_RETURN(pod::Engine * engine, context.Engine());
    auto created = engine->CreateNetwork(wanted);
    if (!created && ignore_ && created.error().code() == ErrorCode::kExists && engine->FindNetwork(wanted.name)) {
      PrintLine(wanted.name);
      return 0;
    }
    TRY(created);
    PrintLine(created->name);
    return 0;
  }

 private:
  Result<network::Definition> Build() const {
    network::Definition network;
    if (!names_.empty()) network.name = names_.front();
    network.driver = driver_;
    network.interface = interface_;
    network.ipv6 = ipv6_;
    network.internal = internal_;
    network.dns_enabled = !no_dns_;
    network.dns_servers = dns_;
    network.labels = PairsToMap(labels_);
    if (!ipam_.empty()) network.ipam_driver = ipam_;
    if (no_dns_ && !dns_.empty())
      return MakeError(ErrorCode::kInvalid, "cannot set --dns together with --disable-dns");
    TRY(AddSubnets(network));
    for (const std::string& text : routes_) {
      ASSIGN_OR_RETURN(network::StaticRoute route, ParseRoute(text));
      network.routes.push_back(std::move(route));
    }
    TRY(AddOptions(network));
    return network;
  }

  Result<> AddSubnets(network::Definition& network) const {
    if (subnets_.empty() && (!gateways_.empty() || !ranges_.empty()))
      return MakeError(ErrorCode::kInvalid, "cannot set gateway or range without subnet");
    if (gateways_.size() > subnets_.size() || ranges_.size() > subnets_.size())
      return MakeError(ErrorCode::kInvalid, "cannot set more gateways or ranges than subnets");
    for (size_t i = 0; i < subnets_.size(); ++i) {
      network::Subnet subnet;
      subnet.subnet = subnets_[i];
      if (i < gateways_.size()) subnet.gateway = gateways_[i];
      if (i < ranges_.size()) TRY(SetRange(ranges_[i], subnet));
      network.subnets.push_back(std::move(subnet));
    }
    return {};
  }

  Result<> AddOptions(network::Definition& network) const {
    for (const std::string& text : options_) {
      const auto [name, value] = SplitPair(text, '=');
      const char* alias = network.is_bridge() ? "com.docker.network.bridge.name" : "parent";
      if (name == alias) {
        if (!network.interface.empty() && network.interface != value)
          return MakeError(ErrorCode::kInvalid, "--opt {}: --interface-name says {}", text, network.interface);
        network.interface = value;
      } else {
        network.options[name == "com.docker.network.driver.mtu" ? "mtu" : name] = value;
      }
    }
    return {};
  }

  std::string driver_ = network::kBridgeDriver, interface_, ipam_;
  bool ipv6_ = false, internal_ = false, no_dns_ = false, ignore_ = false;
  std::vector<std::string> subnets_, gateways_, ranges_, dns_, routes_, options_, labels_, names_;
};

}  // namespace

std::unique_ptr<Command> MakeNetworkCreate() { return std::make_unique<NetworkCreateCommand>(); }

}  // namespace skiff::cli
