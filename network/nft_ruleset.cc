#include "network/nft_ruleset.h"

#include <arpa/inet.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter_ipv4.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>

#include <array>
#include <cstring>
#include <initializer_list>
#include <optional>

#include "network/nft_rule.h"

namespace skiff::network {

using common::ErrorCode;
using common::MakeError;
using common::Result;

namespace {

// Where a packet's source and destination are in an IPv4 header.
constexpr uint32_t kSource = 12;
constexpr uint32_t kDestination = 16;
// The same of an IPv6 header.
constexpr uint32_t kSource6 = 8;
constexpr uint32_t kDestination6 = 24;
constexpr uint32_t kDestinationPort = 2;  // in a TCP, UDP or SCTP header
constexpr uint8_t kLoopbackNet = 127;
constexpr std::array<uint8_t, 16> kLoopback6 = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
constexpr std::array<char, IFNAMSIZ> kNoInterface = {};
// NF_CT_STATE_BIT of linux/netfilter/nf_conntrack_common.h
constexpr uint32_t kEstablishedOrRelated = 1 << (IP_CT_ESTABLISHED + 1) | 1 << (IP_CT_RELATED + 1);

// Type numbers of nft(8), by which it prints keys and values; a concatenation has six bits per part.
constexpr uint32_t kTypeIpv4 = 7;
constexpr uint32_t kTypeIpv6 = 8;
constexpr uint32_t kTypeProtocol = 12;
constexpr uint32_t kTypePort = 13;
constexpr uint32_t kTypeInterface = 41;

constexpr uint32_t kHostByteOrder = 1;

constexpr uint32_t Concatenation(std::initializer_list<uint32_t> types) {
  uint32_t value = 0;
  for (const uint32_t type : types) value = value << 6 | type;
  return value;
}

UniqueSet NamedSet(const char* name) {
  UniqueSet set(nftnl_set_alloc());
  nftnl_set_set_str(set.get(), NFTNL_SET_TABLE, kTable);
  nftnl_set_set_str(set.get(), NFTNL_SET_NAME, name);
  return set;
}

void AddElement(nftnl_set* set, const void* key, size_t key_size, uint32_t flags = 0,
                const void* data = nullptr, size_t data_size = 0) {
  nftnl_set_elem* element = nftnl_set_elem_alloc();
  nftnl_set_elem_set(element, NFTNL_SET_ELEM_KEY, key, static_cast<uint32_t>(key_size));
  if (flags != 0) nftnl_set_elem_set_u32(element, NFTNL_SET_ELEM_FLAGS, flags);
  if (data != nullptr)
    nftnl_set_elem_set(element, NFTNL_SET_ELEM_DATA, data, static_cast<uint32_t>(data_size));
  nftnl_set_elem_add(set, element);
}

void AddSet(NftBatch& batch, const char* name, uint32_t id, uint32_t flags, uint32_t key_type,
            uint32_t key_size, uint32_t data_type = 0, uint32_t data_size = 0) {
  const UniqueSet set = NamedSet(name);
  nftnl_set_set_u32(set.get(), NFTNL_SET_FAMILY, NFPROTO_INET);
  nftnl_set_set_u32(set.get(), NFTNL_SET_ID, id);
  nftnl_set_set_u32(set.get(), NFTNL_SET_FLAGS, flags);
  nftnl_set_set_u32(set.get(), NFTNL_SET_KEY_TYPE, key_type);
  nftnl_set_set_u32(set.get(), NFTNL_SET_KEY_LEN, key_size);
  if (key_type == kTypeInterface || key_type == Concatenation({kTypeInterface, kTypeInterface})) {
    // For nft(8), which prints names as numbers of the host's byte order.
    const UniqueUdata data(nftnl_udata_buf_alloc(NFT_USERDATA_MAXLEN));
    nftnl_udata_put_u32(data.get(), NFTNL_UDATA_SET_KEYBYTEORDER, kHostByteOrder);
    nftnl_set_set_data(set.get(), NFTNL_SET_USERDATA, nftnl_udata_buf_data(data.get()),
                       nftnl_udata_buf_len(data.get()));
  }
  if (flags & NFT_SET_MAP) {
    nftnl_set_set_u32(set.get(), NFTNL_SET_DATA_TYPE, data_type);
    nftnl_set_set_u32(set.get(), NFTNL_SET_DATA_LEN, data_size);
  }
  batch.AddSet(set.get(), NFPROTO_INET, NLM_F_EXCL);
}

struct Hook {
  const char* type;
  uint32_t number;
  int32_t priority;
};

void AddChain(NftBatch& batch, const char* name, std::optional<Hook> hook) {
  const UniqueChain chain(nftnl_chain_alloc());
  nftnl_chain_set_str(chain.get(), NFTNL_CHAIN_TABLE, kTable);
  nftnl_chain_set_str(chain.get(), NFTNL_CHAIN_NAME, name);
  if (hook) {
    nftnl_chain_set_str(chain.get(), NFTNL_CHAIN_TYPE, hook->type);
    nftnl_chain_set_u32(chain.get(), NFTNL_CHAIN_HOOKNUM, hook->number);
    nftnl_chain_set_s32(chain.get(), NFTNL_CHAIN_PRIO, hook->priority);
  }
  batch.AddChain(chain.get(), NFPROTO_INET, NLM_F_EXCL);
}

void AddRule(NftBatch& batch, RuleBuilder& rule) {
  batch.AddRule(rule.Build().get(), NFPROTO_INET, NLM_F_APPEND);
}

void AddSets(NftBatch& batch) {
  const uint32_t target4 = Concatenation({kTypeIpv4, kTypePort});
  const uint32_t target6 = Concatenation({kTypeIpv6, kTypePort});
  // Hash maps: an interval map would cost 0.2 ms per added and 20 ms per deleted port at 10,000 ports.
  // Published on one address of the host, and on all.
  AddSet(batch, "port4", 1, NFT_SET_MAP, Concatenation({kTypeIpv4, kTypeProtocol, kTypePort}), 12, target4, 8);
  AddSet(batch, "port4any", 2, NFT_SET_MAP, Concatenation({kTypeProtocol, kTypePort}), 8, target4, 8);
  AddSet(batch, "port6", 3, NFT_SET_MAP, Concatenation({kTypeIpv6, kTypeProtocol, kTypePort}), 24, target6, 20);
  AddSet(batch, "port6any", 4, NFT_SET_MAP, Concatenation({kTypeProtocol, kTypePort}), 8, target6, 20);
  AddSet(batch, "bridges", 5, 0, kTypeInterface, IFNAMSIZ);
  AddSet(batch, "net4", 6, NFT_SET_INTERVAL, kTypeIpv4, 4);
  AddSet(batch, "net6", 7, NFT_SET_INTERVAL, kTypeIpv6, 16);
  // Pairs of a bridge and itself.
  AddSet(batch, "same", 8, 0, Concatenation({kTypeInterface, kTypeInterface}), 2 * IFNAMSIZ);
  AddSet(batch, "internal", 9, 0, kTypeInterface, IFNAMSIZ);
  AddSet(batch, "isolated", 10, 0, kTypeInterface, IFNAMSIZ);
  AddSet(batch, "strict", 11, 0, kTypeInterface, IFNAMSIZ);
  AddSet(batch, "protocols", 12, 0, kTypeProtocol, 1);
  AddSet(batch, "masked4", 13, 0, kTypeIpv4, 4);
  AddSet(batch, "masked6", 14, 0, kTypeIpv6, 16);
  // Pairs of a pod's address and itself.
  AddSet(batch, "own4", 15, 0, Concatenation({kTypeIpv4, kTypeIpv4}), 8);
  AddSet(batch, "own6", 16, 0, Concatenation({kTypeIpv6, kTypeIpv6}), 32);
  const UniqueSet protocols = NamedSet("protocols");
  for (const uint8_t protocol : {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP})
    AddElement(protocols.get(), &protocol, 1);
  batch.AddElements(protocols.get(), NFPROTO_INET, 0);
}

void AddGuardRules(NftBatch& batch) {
  // route_localnet on the bridges, which 127.0.0.1:port needs, would open the host's loopback services to
  // every pod.
  AddRule(batch, RuleBuilder(kTable, "guard")
                     .Meta(NFT_META_IIFNAME)
                     .InSet("bridges")
                     .OnlyIpv4()
                     .NetworkHeader(kDestination, 1)
                     .EqualsU8(kLoopbackNet)
                     .Verdict(NF_DROP));
  AddRule(batch, RuleBuilder(kTable, "guard")
                     .Meta(NFT_META_IIFNAME)
                     .InSet("bridges")
                     .OnlyIpv6()
                     .NetworkHeader(kDestination6, 16)
                     .Equals(kLoopback6.data(), kLoopback6.size())
                     .Verdict(NF_DROP));
}

void AddPortRules(NftBatch& batch) {
  AddRule(batch, RuleBuilder(kTable, "ports")
                     .OnlyIpv4()
                     .NetworkHeader(kDestination, 4)
                     .Meta(NFT_META_L4PROTO, 1)
                     .TransportHeader(kDestinationPort, 2, 2)
                     .MapTo("port4")
                     .Dnat());
  AddRule(batch, RuleBuilder(kTable, "ports")
                     .OnlyIpv4()
                     .Meta(NFT_META_L4PROTO)
                     .TransportHeader(kDestinationPort, 2, 1)
                     .MapTo("port4any")
                     .Dnat());
  // A connection from ::1 cannot be translated: no answer to it would be let in. A relay listens there.
  AddRule(batch, RuleBuilder(kTable, "ports")
                     .OnlyIpv6()
                     .NetworkHeader(kDestination6, 16)
                     .Differs(kLoopback6.data(), kLoopback6.size())
                     .Meta(NFT_META_L4PROTO, 4)
                     .TransportHeader(kDestinationPort, 2, 5)
                     .MapTo("port6")
                     .DnatIpv6());
  AddRule(batch, RuleBuilder(kTable, "ports")
                     .OnlyIpv6()
                     .NetworkHeader(kDestination6, 16)
                     .Differs(kLoopback6.data(), kLoopback6.size())
                     .Meta(NFT_META_L4PROTO)
                     .TransportHeader(kDestinationPort, 2, 1)
                     .MapTo("port6any")
                     .DnatIpv6());
  for (const char* chain : {"pre", "out"}) {
    AddRule(batch, RuleBuilder(kTable, chain)
                       .DestinationType()
                       .EqualsU32(RTN_LOCAL)
                       .Meta(NFT_META_L4PROTO)
                       .InSet("protocols")
                       .Jump("ports"));
  }
}

void AddForwardRules(NftBatch& batch) {
  const auto rule = [] { return RuleBuilder(kTable, "forward"); };
  // What may not pass never gets established; this spares the rest for all packets but the first.
  AddRule(batch, rule().ConntrackState().HasBits(kEstablishedOrRelated).Verdict(NF_ACCEPT));
  // With br_netfilter also what a bridge carries from one of its pods to another comes by here.
  AddRule(batch, rule().Meta(NFT_META_IIFNAME).Meta(NFT_META_OIFNAME, 4).InSet("same").Verdict(NF_ACCEPT));
  AddRule(batch, rule().Meta(NFT_META_IIFNAME).InSet("internal").Verdict(NF_DROP));
  AddRule(batch, rule().Meta(NFT_META_OIFNAME).InSet("internal").Verdict(NF_DROP));
  const auto pair = [&](const char* from, const char* to) {
    AddRule(batch, rule().Meta(NFT_META_IIFNAME).InSet(from).Meta(NFT_META_OIFNAME).InSet(to).Verdict(NF_DROP));
  };
  pair("isolated", "isolated");
  pair("strict", "bridges");
  pair("bridges", "strict");
}

void AddMasqueradeRules(NftBatch& batch) {
  // From the host's loopback address, which means nothing inside a pod.
  AddRule(batch, RuleBuilder(kTable, "post")
                     .Meta(NFT_META_OIFNAME)
                     .InSet("bridges")
                     .ConntrackStatus()
                     .HasBits(IPS_DST_NAT)
                     .OnlyIpv4()
                     .NetworkHeader(kSource, 1)
                     .EqualsU8(kLoopbackNet)
                     .Masquerade());
  const auto from_pods = [](RuleBuilder& rule, bool v6) -> RuleBuilder& {
    return v6 ? rule.OnlyIpv6().NetworkHeader(kSource6, 16).InSet("net6")
              : rule.OnlyIpv4().NetworkHeader(kSource, 4).InSet("net4");
  };
  for (const bool v6 : {false, true}) {
    // From a pod to a published port or a Service: the client keeps its address if the answer comes back through the host, where
    // the address of the port or the Service is put in again. From a pod on another network it does, but for the masked.
    RuleBuilder kept(kTable, "post");
    kept.Meta(NFT_META_IIFNAME).InSet("bridges").Meta(NFT_META_OIFNAME).InSet("bridges");
    kept.Meta(NFT_META_IIFNAME).Meta(NFT_META_OIFNAME, 4).NotInSet("same").ConntrackStatus().HasBits(IPS_DST_NAT);
    if (v6) kept.OnlyIpv6().NetworkHeader(kDestination6, 16).NotInSet("masked6");
    else kept.OnlyIpv4().NetworkHeader(kDestination, 4).NotInSet("masked4");
    AddRule(batch, kept.Verdict(NF_ACCEPT));
    // A pod on the same bridge answers the client straight, which br_netfilter alone sees. Then the packet has stayed on its bridge
    // as well and has no input interface here, like those of the host itself. A pod does not answer to itself.
    RuleBuilder bridged(kTable, "post");
    bridged.Meta(NFT_META_IIFNAME).Equals(kNoInterface.data(), kNoInterface.size()).Meta(NFT_META_OIFNAME).InSet("bridges");
    bridged.ConntrackStatus().HasBits(IPS_DST_NAT);
    if (v6) bridged.OnlyIpv6().NetworkHeader(kSource6, 16).NetworkHeader(kDestination6, 16, 4).NotInSet("own6");
    else bridged.OnlyIpv4().NetworkHeader(kSource, 4).NetworkHeader(kDestination, 4, 1).NotInSet("own4");
    AddRule(batch, bridged.SourceType().EqualsU32(RTN_UNICAST).Verdict(NF_ACCEPT));
    RuleBuilder published(kTable, "post");
    published.Meta(NFT_META_OIFNAME).InSet("bridges").ConntrackStatus().HasBits(IPS_DST_NAT);
    AddRule(batch, from_pods(published, v6).Masquerade());
    RuleBuilder outside(kTable, "post");
    outside.Meta(NFT_META_OIFNAME).NotInSet("bridges");
    AddRule(batch, from_pods(outside, v6).Masquerade());
  }
}

Result<uint8_t> ProtocolNumber(const std::string& name) {
  if (name == "tcp") return static_cast<uint8_t>(IPPROTO_TCP);
  if (name == "udp") return static_cast<uint8_t>(IPPROTO_UDP);
  if (name == "sctp") return static_cast<uint8_t>(IPPROTO_SCTP);
  return MakeError(ErrorCode::kInvalid, "\"{}\" is not a protocol: tcp, udp or sctp", name);
}

// Each part of a concatenation fills whole words of four octets.
void AppendWord(std::string& key, const void* data, size_t size) {
  key.append(static_cast<const char*>(data), size);
  key.append(4 - size, '\0');
}

}  // namespace

void AddTable(NftBatch& batch) {
  const UniqueTable table(nftnl_table_alloc());
  nftnl_table_set_str(table.get(), NFTNL_TABLE_NAME, kTable);
  batch.AddTable(table.get(), NFPROTO_INET, NLM_F_EXCL);
  AddSets(batch);
  AddChain(batch, "guard", Hook{"filter", NF_INET_PRE_ROUTING, NF_IP_PRI_RAW});
  AddChain(batch, "ports", {});
  AddChain(batch, "pre", Hook{"nat", NF_INET_PRE_ROUTING, NF_IP_PRI_NAT_DST});
  AddChain(batch, "out", Hook{"nat", NF_INET_LOCAL_OUT, NF_IP_PRI_NAT_DST});
  AddChain(batch, "forward", Hook{"filter", NF_INET_FORWARD, NF_IP_PRI_FILTER});
  AddChain(batch, "post", Hook{"nat", NF_INET_POST_ROUTING, NF_IP_PRI_NAT_SRC});
  AddChain(batch, kVersionChain, {});
  AddGuardRules(batch);
  AddPortRules(batch);
  AddForwardRules(batch);
  AddMasqueradeRules(batch);
}

NftBatch BuildTableRemoval() {
  NftBatch batch;
  const UniqueTable table(nftnl_table_alloc());
  nftnl_table_set_str(table.get(), NFTNL_TABLE_NAME, kTable);
  batch.DeleteTable(table.get(), NFPROTO_INET);
  return batch;
}

std::vector<UniqueSet> BridgeElements(const BridgeRules& rules) {
  std::array<char, 2 * IFNAMSIZ> name{};
  std::strncpy(name.data(), rules.bridge.c_str(), IFNAMSIZ - 1);
  std::strncpy(name.data() + IFNAMSIZ, rules.bridge.c_str(), IFNAMSIZ - 1);
  std::vector<UniqueSet> elements;
  const auto add = [&](const char* set, size_t size) {
    elements.push_back(NamedSet(set));
    AddElement(elements.back().get(), name.data(), size);
  };
  add("bridges", IFNAMSIZ);
  add("same", 2 * IFNAMSIZ);
  if (rules.internal) add("internal", IFNAMSIZ);
  if (rules.isolated) add("isolated", IFNAMSIZ);
  if (rules.strict) add("strict", IFNAMSIZ);
  for (const IpSubnet& subnet : rules.subnets) {
    elements.push_back(NamedSet(subnet.base.v6 ? "net6" : "net4"));
    const IpAddress end = subnet.last().Plus(1);
    AddElement(elements.back().get(), subnet.base.data(), subnet.base.size());
    AddElement(elements.back().get(), end.data(), end.size(), NFT_SET_ELEM_INTERVAL_END);
  }
  return elements;
}

UniqueSet MarkElement(const AddressMark& mark) {
  const bool v6 = mark.address.v6, own = mark.kind == AddressMark::Kind::kOwn;
  UniqueSet set = NamedSet(own ? (v6 ? "own6" : "own4") : (v6 ? "masked6" : "masked4"));
  std::string key(reinterpret_cast<const char*>(mark.address.data()), mark.address.size());
  if (own) key += key;
  AddElement(set.get(), key.data(), key.size());
  return set;
}

Result<bool> ConcernsFamily(const Port& port, bool v6) {
  if (port.host_ip.empty()) return true;
  ASSIGN_OR_RETURN(const IpAddress address, IpAddress::Parse(port.host_ip));
  return address.v6 == v6;
}

Result<UniqueSet> PortElement(const Port& port, bool v6, const IpAddress* target) {
  ASSIGN_OR_RETURN(const uint8_t protocol, ProtocolNumber(port.protocol));
  std::string key;
  if (!port.host_ip.empty()) {
    ASSIGN_OR_RETURN(const IpAddress address, IpAddress::Parse(port.host_ip));
    key.append(reinterpret_cast<const char*>(address.data()), address.size());
  }
  const uint16_t host_port = htons(port.host_port);
  AppendWord(key, &protocol, sizeof protocol);
  AppendWord(key, &host_port, sizeof host_port);
  UniqueSet set = NamedSet(v6 ? (port.host_ip.empty() ? "port6any" : "port6")
                              : (port.host_ip.empty() ? "port4any" : "port4"));
  if (target == nullptr) {
    AddElement(set.get(), key.data(), key.size());
    return set;
  }
  std::string data(reinterpret_cast<const char*>(target->data()), target->size());
  const uint16_t container_port = htons(port.container_port);
  AppendWord(data, &container_port, sizeof container_port);
  AddElement(set.get(), key.data(), key.size(), 0, data.data(), data.size());
  return set;
}

Result<PortTarget> ParsePortTarget(const nlmsghdr* answer) {
  const UniqueSet set(nftnl_set_alloc());
  std::optional<PortTarget> target;
  if (nftnl_set_elems_nlmsg_parse(answer, set.get()) == 0) {
    const auto read = [](nftnl_set_elem* element, void* out) {
      uint32_t size = 0;
      const auto* data = static_cast<const char*>(nftnl_set_elem_get(element, NFTNL_SET_ELEM_DATA, &size));
      if (data == nullptr || (size != 8 && size != 20)) return 0;
      const size_t address_size = size - 4;
      uint16_t port;
      std::memcpy(&port, data + address_size, sizeof port);
      *static_cast<std::optional<PortTarget>*>(out) =
          PortTarget{IpAddress::FromBytes(data, address_size == 16), ntohs(port)};
      return 0;
    };
    nftnl_set_elem_foreach(set.get(), read, &target);
  }
  if (!target)
    return MakeError(ErrorCode::kInternal, "nftables answered with something else than a published port");
  return *target;
}

}  // namespace skiff::network
