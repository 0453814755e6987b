#include "network/definition_store.h"

#include <algorithm>

#include "common/clock.h"
#include "common/file.h"
#include "common/file_lock.h"
#include "common/ids.h"
#include "common/json.h"
#include "network/subnet_pool.h"

namespace skiff::network {

using common::ErrorCode;
using common::MakeError;
using common::Result;

namespace {

// Without trailing zeros in the fraction, as podman writes it back.
std::string PodmanTime(common::WallTime time) {
  std::string text = common::FormatTime(time, true);
  text.pop_back();  // 'Z'
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text + 'Z';
}


constexpr std::string_view kSuffix = ".json";
constexpr char kBridgePrefix[] = "skiff";  // bridges without a name of their own: skiff0 (the default one), skiff1, ...
constexpr int kMostBridges = 10'000;
constexpr size_t kShortestPrefix = 3;

constexpr char kRemedy[] = "choose another with --subnet, or leave it out";

// What a definition occupies, whatever else is in it.
struct Occupied {
  std::string name;
  std::string interface;
  bool bridge = false;
  std::vector<IpSubnet> subnets;
};

// Files that cannot be read are somebody else's to repair.
void AppendOccupied(const std::string& directory, std::vector<Occupied>& list) {
  const auto names = common::ListDirectory(directory);
  if (!names) return;
  for (const std::string& name : *names) {
    if (!name.ends_with(kSuffix)) continue;
    const auto text = common::ReadFile(directory + "/" + name);
    if (!text) continue;
    const auto document = common::ParseJson(*text, name);
    if (!document || !document->IsObject()) continue;
    Occupied entry;
    entry.name = common::GetString(*document, "name");
    entry.interface = common::GetString(*document, "network_interface");
    entry.bridge = common::GetString(*document, "driver") == kBridgeDriver;
    if (const auto* subnets = common::FindArray(*document, "subnets")) {
      for (const auto& item : subnets->GetArray()) {
        if (const auto subnet = IpSubnet::Parse(common::GetString(item, "subnet"))) entry.subnets.push_back(*subnet);
      }
    }
    list.push_back(std::move(entry));
  }
}

std::vector<Occupied> ListOccupied(const std::string& own, const std::string& foreign) {
  std::vector<Occupied> list;
  AppendOccupied(own, list);
  AppendOccupied(foreign, list);
  return list;
}

void FillGateways(Definition& network) {
  // Nobody would answer there (podman's rule).
  if (network.internal && !network.dns_enabled) return;
  for (Subnet& subnet : network.subnets) {
    const auto parsed = IpSubnet::Parse(subnet.subnet);
    if (parsed && subnet.gateway.empty()) subnet.gateway = parsed->base.Plus(1).ToString();
  }
}

}  // namespace

DefinitionStore::DefinitionStore(std::string directory, std::string foreign_directory)
    : directory_(std::move(directory)), foreign_directory_(std::move(foreign_directory)) {}

common::Error DefinitionStore::NotFound(const std::string& name) const {
  if (common::PathExists(fmt::format("{}/{}.json", foreign_directory_, name)))
    return MakeError(ErrorCode::kUnsupported,
                     "network {} belongs to podman, which keeps its own book of addresses; make one of skiff's own: "
                     "skiff network create {}",
                     name, name);
  return MakeError(ErrorCode::kNotFound, "unable to find network with name or ID {}: network not found", name);
}

Result<Definition> DefinitionStore::Load(const std::string& name) const {
  TRY(CheckNetworkName(name));
  const auto text = common::ReadFile(PathOf(name));
  if (!text && text.error().code() == ErrorCode::kNotFound) return NotFound(name);
  TRY(text);
  ASSIGN_OR_RETURN(Definition definition, DecodeDefinition(*text, PathOf(name)));
  if (definition.name != name)
    return MakeError(ErrorCode::kInvalid, "{}: its name is \"{}\"", PathOf(name), definition.name);
  return definition;
}

Result<Definition> DefinitionStore::Find(const std::string& name_or_id) const {
  auto by_name = Load(name_or_id);
  if (by_name || by_name.error().code() != ErrorCode::kNotFound || name_or_id.size() < kShortestPrefix) return by_name;
  ASSIGN_OR_RETURN(auto all, List());
  std::erase_if(all, [&](const Definition& network) { return !network.id.starts_with(name_or_id); });
  if (all.empty()) return by_name;
  if (all.size() > 1)
    return MakeError(ErrorCode::kInvalid, "more than one network has an ID that begins with {}", name_or_id);
  return std::move(all.front());
}

Result<std::vector<Definition>> DefinitionStore::List() const {
  std::vector<Definition> list;
  const auto names = common::ListDirectory(directory_);
  if (!names && names.error().code() == ErrorCode::kNotFound) return list;
  TRY(names);
  for (const std::string& file : *names) {
    if (!file.ends_with(kSuffix)) continue;
    if (auto network = Load(file.substr(0, file.size() - kSuffix.size()))) list.push_back(std::move(*network));
  }
  std::ranges::sort(list, {}, &Definition::name);
  return list;
}

Result<> DefinitionStore::FillInterface(Definition& network, const Host& host) const {
  if (!network.is_bridge()) return {};
  const auto occupied = ListOccupied(directory_, foreign_directory_);
  const auto owner = [&](const std::string& name) {
    return std::ranges::find_if(occupied, [&](const Occupied& o) { return o.bridge && o.interface == name; });
  };
  if (!network.interface.empty()) {
    const auto taken = owner(network.interface);
    if (taken == occupied.end()) return {};
    return MakeError(ErrorCode::kExists, "bridge name {} already in use by network {}: choose another with --interface-name",
                     network.interface, taken->name);
  }
  for (int number = 1; number < kMostBridges; ++number) {
    const std::string name = fmt::format("{}{}", kBridgePrefix, number);
    const bool named = common::PathExists(PathOf(name)) && network.name.empty();
    if (named || owner(name) != occupied.end() || host.has_interface(name)) continue;
    network.interface = name;
    return {};
  }
  return MakeError(ErrorCode::kUnavailable, "no free name for a bridge");
}

// Of the user's own choice. A bridge that is there already would be taken away with the last pod.
Result<> DefinitionStore::CheckInterface(const Definition& network, const Host& host) const {
  if (network.interface.empty() || network.interface.find('/') != std::string::npos) return {};
  const bool exists = host.has_interface(network.interface);
  if (network.is_bridge() && exists)
    return MakeError(ErrorCode::kExists,
                     "bridge name {0} already in use: the host has an interface {0}; choose another with --interface-name",
                     network.interface);
  if (!network.is_bridge() && !exists)
    return MakeError(ErrorCode::kInvalid, "parent interface {} does not exist", network.interface);
  return {};
}

Result<> DefinitionStore::FillSubnets(Definition& network, const Host& host) const {
  ASSIGN_OR_RETURN(std::vector<IpSubnet> used, host.subnets());
  const auto occupied = ListOccupied(directory_, foreign_directory_);
  const bool both = network.ipv6;
  std::vector<IpSubnet> own;
  for (Subnet& subnet : network.subnets) {
    ASSIGN_OR_RETURN(const IpSubnet parsed, IpSubnet::Parse(subnet.subnet));
    subnet.subnet = parsed.ToString();
    for (const Occupied& other : occupied) {
      if (std::ranges::any_of(other.subnets, [&](const IpSubnet& s) { return s.Overlaps(parsed); }))
        return MakeError(ErrorCode::kExists, "subnet {} is already used by network {}: {}", subnet.subnet, other.name, kRemedy);
    }
    for (const IpSubnet& sibling : own) {
      if (sibling.Overlaps(parsed))
        return MakeError(ErrorCode::kInvalid, "subnet {} overlaps {}, another one of the same network", subnet.subnet,
                         sibling.ToString());
    }
    own.push_back(parsed);
    // The subnets of macvlan and ipvlan are those of the parent.
    const bool on_host = std::ranges::any_of(used, [&](const IpSubnet& s) { return s.Overlaps(parsed); });
    if (on_host && network.is_bridge())
      return MakeError(ErrorCode::kExists, "subnet {} is already used by {}: {}", subnet.subnet, host.describe_overlap(parsed),
                       kRemedy);
    network.ipv6 = network.ipv6 || parsed.base.v6;
    used.push_back(parsed);
  }
  for (const Occupied& other : occupied) used.insert(used.end(), other.subnets.begin(), other.subnets.end());
  if (!network.is_bridge() || network.ipam_driver != "host-local") return {};
  const auto has = [&](bool v6) {
    return std::ranges::any_of(network.subnets,
                               [&](const Subnet& s) { return (s.subnet.find(':') != std::string::npos) == v6; });
  };
  if (network.subnets.empty()) {
    ASSIGN_OR_RETURN(const IpSubnet subnet, ChooseSubnet(used));
    network.subnets.push_back({.subnet = subnet.ToString()});
  }
  // podman's rule: --ipv6 asks for both families, also where only a subnet of IPv6 was named.
  if (both && !has(false)) {
    ASSIGN_OR_RETURN(const IpSubnet subnet, ChooseSubnet(used));
    network.subnets.push_back({.subnet = subnet.ToString()});
  }
  if (network.ipv6 && !has(true)) {
    ASSIGN_OR_RETURN(const IpSubnet subnet, ChooseIpv6Subnet(used));
    network.subnets.push_back({.subnet = subnet.ToString()});
  }
  return {};
}

Result<Definition> DefinitionStore::CreateLocked(Definition network, const Host& host) const {
  TRY(FillInterface(network, host));
  if (network.name.empty()) network.name = network.interface;
  TRY(FillSubnets(network, host));
  FillGateways(network);
  if (network.ipam_driver == "none") network.dns_enabled = false;  // no address to ask at, and none to tell
  network.id = common::NewId();
  network.created = PodmanTime(common::Now());
  TRY(CheckDefinition(network));
  TRY(CheckNewDefinition(network));
  TRY(common::WriteFileAtomic(PathOf(network.name), EncodeDefinition(network)));
  return network;
}

Result<Definition> DefinitionStore::Create(Definition wanted, const Host& host) const {
  if (!wanted.name.empty()) TRY(CheckNewNetworkName(wanted.name));
  TRY(common::MakeDirectories(directory_));
  ASSIGN_OR_RETURN(const auto lock, common::FileLock::Acquire(directory_ + "/.lock"));
  if (!wanted.name.empty() && common::PathExists(PathOf(wanted.name)))
    return MakeError(ErrorCode::kExists, "network name {} already used: network already exists", wanted.name);
  if (!wanted.is_bridge() && wanted.name.empty())
    return MakeError(ErrorCode::kInvalid, "a {} network needs a name", wanted.driver);
  if (wanted.ipam_driver == "none" && !wanted.subnets.empty())
    return MakeError(ErrorCode::kInvalid, "none ipam driver is set but subnets are given");
  TRY(CheckInterface(wanted, host));
  return CreateLocked(std::move(wanted), host);
}

Result<Definition> DefinitionStore::LoadOrCreate(const Definition& wanted, const Host& host) const {
  if (common::PathExists(PathOf(wanted.name))) return Load(wanted.name);
  TRY(common::MakeDirectories(directory_));
  ASSIGN_OR_RETURN(const auto lock, common::FileLock::Acquire(directory_ + "/.lock"));
  if (common::PathExists(PathOf(wanted.name))) return Load(wanted.name);
  auto created = CreateLocked(wanted, host);
  if (!created) return std::move(created).error().Wrap(fmt::format("create network {}", wanted.name));
  return created;
}

Result<> DefinitionStore::Remove(const std::string& name) const {
  TRY(CheckNetworkName(name));
  ASSIGN_OR_RETURN(const auto lock, common::FileLock::Acquire(directory_ + "/.lock"));
  if (!common::PathExists(PathOf(name))) return NotFound(name);
  return common::RemoveFile(PathOf(name));
}

}  // namespace skiff::network
