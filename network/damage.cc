#include "network/damage.h"

#include <algorithm>

#include "network/endpoint_plan.h"
#include "network/firewall.h"
#include "network/links.h"
#include "network/rtnetlink.h"

namespace skiff::network {

using common::Result;

namespace {

// By name.
using HostLinks = std::map<std::string, LinkState>;

bool IsWhole(const HostLinks& links, const std::string& pod_id, const Definition& network) {
  const auto bridge = links.find(network.interface);
  if (bridge == links.end() || !bridge->second.our_bridge || !bridge->second.up) return false;
  const std::string base = LinkNameBase(pod_id);
  for (auto link = links.lower_bound(base); link != links.end() && link->first.starts_with(base); ++link) {
    if (link->second.master == bridge->second.index && link->second.up) return true;
  }
  return false;
}

}  // namespace

Result<std::set<std::string>> FindDamaged(const std::map<std::string, std::vector<Definition>>& pods) {
  std::set<std::string> concerned;
  for (const auto& [id, networks] : pods) {
    if (std::ranges::any_of(networks, &Definition::is_bridge)) concerned.insert(id);
  }
  if (concerned.empty()) return concerned;
  ASSIGN_OR_RETURN(Firewall firewall, Firewall::Open());
  ASSIGN_OR_RETURN(const bool has_table, firewall.HasTable());
  if (!has_table) return concerned;
  ASSIGN_OR_RETURN(RtnlSocket host, RtnlSocket::Open());
  ASSIGN_OR_RETURN(const auto list, ListLinks(host));
  HostLinks links;
  for (const LinkState& link : list) links.emplace(link.name, link);
  std::erase_if(concerned, [&](const std::string& id) {
    return std::ranges::all_of(pods.at(id), [&](const Definition& network) { return !network.is_bridge() || IsWhole(links, id, network); });
  });
  return concerned;
}

}  // namespace skiff::network
