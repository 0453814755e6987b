#include "cli/notation/networks.h"

#include "cli/notation/text.h"
#include "network/ip_address.h"

namespace skiff::cli {

using common::ErrorCode;
using common::MakeError;
using common::Result;

namespace {

using Mode = pod::NetworkSpec::Mode;

Result<std::string> CheckAddress(std::string_view what, std::string_view value, std::string_view whole) {
  ASSIGN_OR_RETURN(const auto address, network::IpAddress::Parse(value), "{} in \"{}\"", what, whole);
  if ((what == "ip6" || what == "--ip6") && !address.v6)
    return MakeError(ErrorCode::kInvalid, "{} in \"{}\": {} is not an IPv6 address", what, whole, value);
  return address.ToString();
}

Result<> ApplyOption(std::string_view option, std::string_view whole, pod::NetworkAttachment& attachment) {
  const auto [key, value] = SplitPair(option, '=');
  if (value.empty())
    return MakeError(ErrorCode::kInvalid, "--network {}: option \"{}\" has no value", whole, option);
  if (key == "ip" || key == "ip6") {
    ASSIGN_OR_RETURN(std::string address, CheckAddress(key, value, whole));
    attachment.static_ips.push_back(std::move(address));
  } else if (key == "mac") {
    attachment.static_mac = value;
  } else if (key == "alias") {
    attachment.aliases.emplace_back(value);
  } else if (key == "interface_name") {
    attachment.interface = value;
  } else {
    return MakeError(ErrorCode::kUnsupported,
                     "--network {}: unknown option \"{}\": write ip=, ip6=, mac=, alias= or interface_name=", whole, key);
  }
  return {};
}

Result<> AddBridges(std::string_view names, std::string_view options, std::string_view whole,
                    pod::NetworkSpec& network) {
  const bool standard = names == "bridge" || names == "default" || names == "private" || names.empty();
  std::vector<std::string> list = standard ? std::vector<std::string>{""} : Split(names, ',');
  for (std::string& name : list) {
    for (const pod::NetworkAttachment& other : network.networks) {
      if (other.name == name)
        return MakeError(ErrorCode::kInvalid, "--network {}: the network is named twice", whole);
    }
    pod::NetworkAttachment attachment;
    attachment.name = std::move(name);
    for (const std::string& option : Split(options, ',')) {
      if (option.empty()) continue;
      if (list.size() > 1)
        return MakeError(ErrorCode::kInvalid, "--network {}: options go with one network only", whole);
      TRY(ApplyOption(option, whole, attachment));
    }
    network.networks.push_back(std::move(attachment));
  }
  return {};
}

}  // namespace

void NetworkFlags::Declare(Arguments& a) {
  a.List("--net,--network", networks, "name[:options]",
         "Network: bridge, host, none, container:NAME, ns:PATH or names; options ip=,mac=,alias=,interface_name=");
  a.Value("--ip", ip, "address", "Address in the network");
  a.Value("--ip6", ip6, "address", "IPv6 address in the network");
  a.Value("--mac-address", mac, "address", "MAC address");
  a.List("--network-alias", aliases, "name", "A further name in DNS, on every network", ListStyle::kCommaSeparated);
}

Result<> ApplyNetworkFlag(std::string_view text, pod::NetworkSpec& network) {
  const auto [name, rest] = SplitPair(text, ':');
  const bool first = network.mode == Mode::kBridge && network.networks.empty();
  const auto single = [&](Mode mode) -> Result<> {
    if (!first)
      return MakeError(ErrorCode::kInvalid, "--network {}: cannot set multiple networks without bridge network mode",
                       text);
    network.mode = mode;
    network.target = rest;
    if ((mode == Mode::kContainer || mode == Mode::kPath) && rest.empty())
      return MakeError(ErrorCode::kInvalid, "--network {}: what comes behind the colon is missing", text);
    if ((mode == Mode::kHost || mode == Mode::kNone) && !rest.empty())
      return MakeError(ErrorCode::kInvalid, "--network {}: {} takes no options", text, name);
    return {};
  };
  if (name == "host") return single(Mode::kHost);
  if (name == "none") return single(Mode::kNone);
  if (name == "container") return single(Mode::kContainer);
  if (name == "ns") return single(Mode::kPath);
  if (name == "slirp4netns" || name == "pasta")
    return MakeError(ErrorCode::kUnsupported, "--network {}: not supported; use bridge, host or none", name);
  if (network.mode != Mode::kBridge)
    return MakeError(ErrorCode::kInvalid, "--network {}: cannot set multiple networks without bridge network mode",
                     text);
  return AddBridges(name, rest, text, network);
}

Result<> ApplyNetworkFlags(const NetworkFlags& flags, pod::NetworkSpec& network) {
  for (const std::string& text : flags.networks) TRY(ApplyNetworkFlag(text, network));
  const auto only = [&](const char* flag) -> Result<> {
    if (network.mode != Mode::kBridge)
      return MakeError(ErrorCode::kInvalid, "{} can only be set on a bridge network", flag);
    if (network.networks.size() > 1)
      return MakeError(ErrorCode::kInvalid, "{} can only be set for a single network", flag);
    return {};
  };
  for (const auto& [flag, value] : {std::pair{"--ip", &flags.ip}, std::pair{"--ip6", &flags.ip6}}) {
    if (value->empty()) continue;
    TRY(only(flag));
    ASSIGN_OR_RETURN(std::string address, CheckAddress(flag, *value, *value));
    network.First().static_ips.push_back(std::move(address));
  }
  if (!flags.mac.empty()) {
    TRY(only("--mac-address"));
    network.First().static_mac = flags.mac;
  }
  if (flags.aliases.empty()) return {};
  if (network.mode != Mode::kBridge)
    return MakeError(ErrorCode::kInvalid, "--network-alias can only be set on a bridge network");
  network.First();
  for (pod::NetworkAttachment& attachment : network.networks)
    attachment.aliases.insert(attachment.aliases.end(), flags.aliases.begin(), flags.aliases.end());
  return {};
}

}  // namespace skiff::cli
