#include "network/definition_store.h"

#include <net/if.h>

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

constexpr std::string_view kSuffix = ".json";
constexpr unsigned kIndent = 5;  // as podman writes its own

// The subnets of every definition in the folder. Files that cannot be read are somebody else's to repair.
void AppendSubnets(const std::string& directory, std::vector<Ipv4Subnet>& subnets) {
  const auto names = common::ListDirectory(directory);
  if (!names) return;
  for (const std::string& name : *names) {
    if (!name.ends_with(kSuffix)) continue;
    const auto text = common::ReadFile(directory + "/" + name);
    if (!text) continue;
    const auto document = common::ParseJson(*text, name);
    const auto* list = document ? common::FindArray(*document, "subnets") : nullptr;
    if (list == nullptr) continue;
    for (const auto& item : list->GetArray()) {
      const auto subnet = Ipv4Subnet::Parse(common::GetString(item, "subnet"));
      if (subnet) subnets.push_back(*subnet);
    }
  }
}

// The first IPv4 subnet's members; kUnsupported if there is none.
Result<> ReadSubnet(const common::JsonValue& document, const std::string& what, Definition& definition) {
  const auto* list = common::FindArray(document, "subnets");
  if (list != nullptr) {
    for (const auto& item : list->GetArray()) {
      const auto subnet = Ipv4Subnet::Parse(common::GetString(item, "subnet"));
      if (!subnet) continue;
      definition.subnet = subnet->ToString();
      definition.gateway = common::GetString(item, "gateway");
      if (definition.gateway.empty()) definition.gateway = Ipv4Address{subnet->base.value + 1}.ToString();
      TRY(Ipv4Address::Parse(definition.gateway), "{}: gateway", what);
      return {};
    }
  }
  return MakeError(ErrorCode::kUnsupported, "{}: the network has no IPv4 subnet", what);
}

bool ValidName(const std::string& name) {
  constexpr std::string_view kFirst = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  if (name.empty() || kFirst.find(name.front()) == std::string_view::npos) return false;
  return name.find_first_not_of(std::string(kFirst) + "_.-") == std::string::npos;
}

}  // namespace

std::string EncodeDefinition(const Definition& definition) {
  common::JsonBuilder builder;
  auto& root = builder.root();
  builder.Set(root, "name", definition.name);
  builder.Set(root, "id", definition.id);
  builder.Set(root, "driver", "bridge");
  builder.Set(root, "network_interface", definition.bridge);
  builder.Set(root, "created", definition.created);
  auto subnet = builder.Object();
  builder.Set(subnet, "subnet", definition.subnet);
  builder.Set(subnet, "gateway", definition.gateway);
  auto subnets = builder.Array();
  builder.Push(subnets, std::move(subnet));
  builder.Set(root, "subnets", std::move(subnets));
  builder.Set(root, "ipv6_enabled", false);
  builder.Set(root, "internal", false);
  builder.Set(root, "dns_enabled", false);
  auto ipam = builder.Object();
  builder.Set(ipam, "driver", "host-local");
  builder.Set(root, "ipam_options", std::move(ipam));
  return common::ToPrettyJson(root, kIndent) + "\n";
}

Result<Definition> DecodeDefinition(const std::string& text, const std::string& what) {
  ASSIGN_OR_RETURN(const common::JsonDocument document, common::ParseJson(text, what));
  if (!document.IsObject()) return MakeError(ErrorCode::kInvalid, "{}: not a JSON object", what);
  Definition definition;
  definition.name = common::GetString(document, "name");
  definition.id = common::GetString(document, "id");
  definition.bridge = common::GetString(document, "network_interface");
  definition.created = common::GetString(document, "created");
  const std::string_view driver = common::GetString(document, "driver");
  if (driver != "bridge")
    return MakeError(ErrorCode::kUnsupported, "{}: driver \"{}\": only bridge networks can be used", what,
                     driver);
  if (common::GetBool(document, "internal"))
    return MakeError(ErrorCode::kUnsupported, "{}: internal networks cannot be used", what);
  if (definition.bridge.empty() || definition.bridge.size() >= IFNAMSIZ ||
      definition.bridge.find('/') != std::string::npos)
    return MakeError(ErrorCode::kInvalid, "{}: network_interface \"{}\" is not a name for a bridge", what,
                     definition.bridge);
  TRY(ReadSubnet(document, what, definition));
  return definition;
}

DefinitionStore::DefinitionStore(std::string directory, std::string foreign_directory)
    : directory_(std::move(directory)), foreign_directory_(std::move(foreign_directory)) {}

common::Error DefinitionStore::NotFound(const std::string& name) const {
  if (common::PathExists(fmt::format("{}/{}.json", foreign_directory_, name)))
    return MakeError(
        ErrorCode::kUnsupported,
        "network \"{}\" belongs to podman, which keeps its own book of addresses; use network \"{}\"", name,
        Network::kDefaultName);
  return MakeError(ErrorCode::kNotFound, "no network \"{}\" (no {}); the default one is \"{}\"", name,
                   PathOf(name), Network::kDefaultName);
}

Result<Definition> DefinitionStore::Load(const std::string& name) const {
  if (!ValidName(name)) return MakeError(ErrorCode::kInvalid, "\"{}\" is not a name of a network", name);
  const auto text = common::ReadFile(PathOf(name));
  if (!text && text.error().code() == ErrorCode::kNotFound) return NotFound(name);
  TRY(text);
  ASSIGN_OR_RETURN(Definition definition, DecodeDefinition(*text, PathOf(name)));
  if (definition.name != name)
    return MakeError(ErrorCode::kInvalid, "{}: its name is \"{}\"", PathOf(name), definition.name);
  return definition;
}

Result<Definition> DefinitionStore::LoadOrCreate(
    const std::string& name, const std::string& bridge,
    const std::function<Result<std::vector<Ipv4Subnet>>()>& host_subnets) const {
  if (common::PathExists(PathOf(name))) return Load(name);
  TRY(common::MakeDirectories(directory_));
  ASSIGN_OR_RETURN(const auto lock, common::FileLock::Acquire(directory_ + "/.lock"));
  if (common::PathExists(PathOf(name))) return Load(name);

  ASSIGN_OR_RETURN(std::vector<Ipv4Subnet> used, host_subnets());
  AppendSubnets(directory_, used);
  AppendSubnets(foreign_directory_, used);
  ASSIGN_OR_RETURN(const Ipv4Subnet subnet, ChooseSubnet(used), "create network \"{}\"", name);
  Definition definition{.name = name,
                        .id = common::NewId(),
                        .bridge = bridge,
                        .subnet = subnet.ToString(),
                        .gateway = Ipv4Address{subnet.base.value + 1}.ToString(),
                        .created = common::FormatTime(common::Now(), true)};
  TRY(common::WriteFileAtomic(PathOf(name), EncodeDefinition(definition)));
  return definition;
}

}  // namespace skiff::network
