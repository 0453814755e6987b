#include "network/foreign_firewall.h"

#include <arpa/inet.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>
#include <net/if.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "network/nft_rule.h"
#include "network/nft_ruleset.h"

namespace skiff::network {

using common::ErrorCode;
using common::MakeError;
using common::Result;

namespace {

constexpr char kDockerUser[] = "DOCKER-USER";

struct Chain {
  uint32_t family = 0;
  std::string table;
  std::string name;
  bool forwards = false;  // hooked where packets are forwarded
  bool receives = false;  // hooked where packets for the host itself come in
  bool drops = false;     // its policy
};

std::string FamilyName(uint32_t family) {
  return family == NFPROTO_IPV4 ? "ip" : family == NFPROTO_INET ? "inet" : "ip6";
}

std::string MarkOf(const std::string& bridge) { return "skiff: " + bridge; }
std::string PortMarkOf(const std::string& bridge) { return "skiff: " + bridge + " dns"; }

Chain ParseChain(const nlmsghdr* answer) {
  const UniqueChain chain(nftnl_chain_alloc());
  Chain parsed;
  if (nftnl_chain_nlmsg_parse(answer, chain.get()) != 0) return parsed;
  parsed.family = nftnl_chain_get_u32(chain.get(), NFTNL_CHAIN_FAMILY);
  parsed.table = nftnl_chain_get_str(chain.get(), NFTNL_CHAIN_TABLE);
  parsed.name = nftnl_chain_get_str(chain.get(), NFTNL_CHAIN_NAME);
  parsed.forwards = nftnl_chain_is_set(chain.get(), NFTNL_CHAIN_HOOKNUM) &&
                    nftnl_chain_get_u32(chain.get(), NFTNL_CHAIN_HOOKNUM) == NF_INET_FORWARD;
  parsed.receives = nftnl_chain_is_set(chain.get(), NFTNL_CHAIN_HOOKNUM) &&
                    nftnl_chain_get_u32(chain.get(), NFTNL_CHAIN_HOOKNUM) == NF_INET_LOCAL_IN;
  parsed.drops = nftnl_chain_get_u32(chain.get(), NFTNL_CHAIN_POLICY) == NF_DROP;
  return parsed;
}

Result<std::vector<Chain>> ListChains(NetfilterSocket& socket) {
  std::vector<Chain> chains;
  TRY(socket.Query(
      NetfilterSocket::kNftables | NFT_MSG_GETCHAIN, NFPROTO_UNSPEC, NLM_F_DUMP, [](nlmsghdr*) {},
      "list the nftables chains",
      [&](const nlmsghdr* answer) {
        Chain chain = ParseChain(answer);
        const bool ours = chain.family == NFPROTO_INET && chain.table == kTable;
        const bool concerns_ip =
            chain.family == NFPROTO_IPV4 || chain.family == NFPROTO_IPV6 || chain.family == NFPROTO_INET;
        if (concerns_ip && !ours)
          chains.push_back(std::move(chain));
      }));
  return chains;
}

std::string CommentOf(const nftnl_rule* rule) {
  uint32_t size = 0;
  const void* data = nftnl_rule_get_data(rule, NFTNL_RULE_USERDATA, &size);
  std::string comment;
  if (data == nullptr) return comment;
  const auto read = [](const nftnl_udata* attribute, void* out) {
    if (nftnl_udata_type(attribute) != NFTNL_UDATA_RULE_COMMENT || nftnl_udata_len(attribute) == 0) return 0;
    *static_cast<std::string*>(out) = static_cast<const char*>(nftnl_udata_get(attribute));
    return 0;
  };
  nftnl_udata_parse(data, size, read, &comment);
  return comment;
}

// Handles of the rules with that comment in that chain.
Result<std::vector<uint64_t>> FindRules(NetfilterSocket& socket, const Chain& chain, const std::string& mark) {
  const UniqueRule filter(nftnl_rule_alloc());
  nftnl_rule_set_str(filter.get(), NFTNL_RULE_TABLE, chain.table.c_str());
  nftnl_rule_set_str(filter.get(), NFTNL_RULE_CHAIN, chain.name.c_str());
  std::vector<uint64_t> handles;
  TRY(socket.Query(
      NetfilterSocket::kNftables | NFT_MSG_GETRULE, static_cast<int>(chain.family), NLM_F_DUMP,
      [&](nlmsghdr* request) { nftnl_rule_nlmsg_build_payload(request, filter.get()); },
      fmt::format("list the rules of chain {}", chain.name),
      [&](const nlmsghdr* answer) {
        const UniqueRule rule(nftnl_rule_alloc());
        if (nftnl_rule_nlmsg_parse(answer, rule.get()) != 0) return;
        if (CommentOf(rule.get()) == mark)
          handles.push_back(nftnl_rule_get_u64(rule.get(), NFTNL_RULE_HANDLE));
      }));
  return handles;
}

// Chains that get our rules: per dropping chain itself, or docker's place for rules of others.
std::vector<Chain> Targets(const std::vector<Chain>& chains) {
  std::vector<Chain> targets;
  for (const Chain& chain : chains) {
    if (!chain.forwards || !chain.drops) continue;
    const auto docker = std::find_if(chains.begin(), chains.end(), [&](const Chain& other) {
      return other.family == chain.family && other.table == chain.table && other.name == kDockerUser;
    });
    targets.push_back(docker != chains.end() ? *docker : chain);
  }
  return targets;
}

// Only what iptables-nft can show as its own: it refuses to touch a table with rules that it does not
// understand.
UniqueRule AcceptRule(const Chain& chain, const std::string& bridge, uint32_t direction) {
  std::array<char, IFNAMSIZ> name{};
  std::strncpy(name.data(), bridge.c_str(), name.size() - 1);
  return RuleBuilder(chain.table, chain.name)
      .Meta(direction)
      .Equals(name.data(), name.size())
      .Counter()
      .Verdict(NF_ACCEPT)
      .Comment(MarkOf(bridge))
      .Build();
}

// Questions of pods to the name server on the bridge's address.
UniqueRule QuestionRule(const Chain& chain, const std::string& bridge, uint8_t protocol, uint16_t server_port,
                        const std::string& mark) {
  constexpr uint32_t kDestinationPort = 2;
  const uint16_t port = htons(server_port);
  std::array<char, IFNAMSIZ> name{};
  std::strncpy(name.data(), bridge.c_str(), name.size() - 1);
  return RuleBuilder(chain.table, chain.name)
      .Meta(NFT_META_IIFNAME)
      .Equals(name.data(), name.size())
      .Meta(NFT_META_L4PROTO)
      .EqualsU8(protocol)
      .TransportHeader(kDestinationPort, sizeof port)
      .Equals(&port, sizeof port)
      .Counter()
      .Verdict(NF_ACCEPT)
      .Comment(mark)
      .Build();
}

constexpr uint16_t kDnsPort = 53;

void DeleteRules(NftBatch& batch, const Chain& chain, const std::vector<uint64_t>& handles) {
  for (const uint64_t handle : handles) {
    const UniqueRule rule(nftnl_rule_alloc());
    nftnl_rule_set_str(rule.get(), NFTNL_RULE_TABLE, chain.table.c_str());
    nftnl_rule_set_str(rule.get(), NFTNL_RULE_CHAIN, chain.name.c_str());
    nftnl_rule_set_u64(rule.get(), NFTNL_RULE_HANDLE, handle);
    batch.DeleteRule(rule.get(), static_cast<int>(chain.family));
  }
}

common::Error NotAdmitted(const Chain& chain, const common::Error& cause, uint16_t port, const std::string& bridge) {
  return MakeError(ErrorCode::kUnavailable,
                   "chain {} of table {} {} drops packets for the host and takes no rule of ours ({}): allow port {} "
                   "from interface {} in the firewall that owns it, or pods cannot look up names",
                   chain.name, FamilyName(chain.family), chain.table, cause.message(), port, bridge);
}

Result<> AdmitQuestions(NetfilterSocket& socket, const std::vector<Chain>& chains, const std::string& bridge) {
  for (const Chain& chain : chains) {
    if (!chain.receives || !chain.drops) continue;
    ASSIGN_OR_RETURN(const auto present, FindRules(socket, chain, MarkOf(bridge)));
    if (!present.empty()) continue;
    NftBatch batch;
    for (const uint8_t protocol : {IPPROTO_UDP, IPPROTO_TCP})
      batch.AddRule(QuestionRule(chain, bridge, protocol, kDnsPort, MarkOf(bridge)).get(), static_cast<int>(chain.family), 0);
    if (auto result = socket.Apply(batch, "add a rule"); !result) return NotAdmitted(chain, result.error(), kDnsPort, bridge);
  }
  return {};
}

}  // namespace

Result<> AdmitBridge(NetfilterSocket& socket, const std::string& bridge, bool v6) {
  ASSIGN_OR_RETURN(const auto chains, ListChains(socket));
  for (const Chain& chain : Targets(chains)) {
    if (chain.family == NFPROTO_IPV6 && !v6) continue;
    ASSIGN_OR_RETURN(const auto present, FindRules(socket, chain, MarkOf(bridge)));
    if (!present.empty()) continue;
    NftBatch batch;
    for (const uint32_t direction : {NFT_META_IIFNAME, NFT_META_OIFNAME})
      batch.AddRule(AcceptRule(chain, bridge, direction).get(), static_cast<int>(chain.family), 0);
    auto result = socket.Apply(batch, "add a rule");
    if (!result)
      return MakeError(
          ErrorCode::kUnavailable,
          "chain {} of table {} {} drops forwarded packets and takes no rule of ours ({}): allow forwarding "
          "from and to interface {} in the firewall that owns it",
          chain.name, FamilyName(chain.family), chain.table, result.error().message(), bridge);
  }
  return AdmitQuestions(socket, chains, bridge);
}

Result<> AdmitServerPort(NetfilterSocket& socket, const std::string& bridge, uint16_t port) {
  ASSIGN_OR_RETURN(const auto chains, ListChains(socket));
  const std::string mark = PortMarkOf(bridge);
  for (const Chain& chain : chains) {
    if (!chain.receives) continue;
    ASSIGN_OR_RETURN(const auto present, FindRules(socket, chain, mark));
    NftBatch batch;
    DeleteRules(batch, chain, present);
    for (const uint8_t protocol : {IPPROTO_UDP, IPPROTO_TCP}) {
      if (port != 0 && chain.drops)
        batch.AddRule(QuestionRule(chain, bridge, protocol, port, mark).get(), static_cast<int>(chain.family), 0);
    }
    if (auto result = socket.Apply(batch, "add a rule"); !result) return NotAdmitted(chain, result.error(), port, bridge);
  }
  return {};
}

Result<> RetractBridge(NetfilterSocket& socket, const std::string& bridge) {
  ASSIGN_OR_RETURN(const auto chains, ListChains(socket));
  NftBatch batch;
  for (const Chain& chain : chains) {
    // Its policy may be another one by now.
    if (!chain.forwards && !chain.receives && chain.name != kDockerUser) continue;
    for (const std::string& mark : {MarkOf(bridge), PortMarkOf(bridge)}) {
      ASSIGN_OR_RETURN(const auto handles, FindRules(socket, chain, mark));
      DeleteRules(batch, chain, handles);
    }
  }
  return socket.Apply(batch, fmt::format("take back the forward rules of bridge {}", bridge));
}

}  // namespace skiff::network
