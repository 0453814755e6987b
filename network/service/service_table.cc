#include "network/service/service_table.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <set>
#include <span>

#include "network/nft_rule.h"

namespace skiff::network {

using common::ErrorCode;
using common::MakeError;
using common::Result;

namespace {

constexpr uint32_t kDestinationPort = 2;             // in a TCP, UDP or SCTP header

// nft(8)'s type numbers, by which it prints keys and values.
constexpr uint32_t kTypeIpv4 = 7, kTypeIpv6 = 8, kTypeProtocol = 12, kTypePort = 13, kTypeMark = 19;
constexpr uint32_t kHostByteOrder = 1;
constexpr uint32_t Pair(uint32_t a, uint32_t b) { return a << 6 | b; }

// What differs between the families.
struct Family {
  bool v6;
  uint32_t type, size;           // of an address
  uint32_t source, destination;  // offsets in the header
  const char* suffix;            // of the names of sets
  uint32_t words() const { return size / 4; }
  uint32_t target_type() const { return Pair(type, kTypePort); }
  uint32_t target_size() const { return size + 4; }
  std::string Set(const std::string& name) const { return name + suffix; }
};
constexpr Family kIpv4{false, kTypeIpv4, 4, 12, 16, ""};
constexpr Family kIpv6{true, kTypeIpv6, 16, 8, 24, "6"};
const Family& FamilyOf(bool v6) { return v6 ? kIpv6 : kIpv4; }
constexpr std::array<uint8_t, 16> kLoopback6{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};

// Clients may come from everywhere and under false addresses: so many are remembered for one Service port, shared among its
// endpoints. Who comes when a set is full is served all the same. The kernel makes room for all of a set at once, some
// 32 octets for each.
constexpr size_t kMostClientsOfPort = 65536, kMostClients = 16384, kFewestClients = 1024;
constexpr size_t kClientsPerMessage = 50;

// Before the published ports of pods, after the tracking of connections.
constexpr int32_t kPriorityNat = NF_IP_PRI_NAT_DST - 5;
constexpr int32_t kPriorityFilter = NF_IP_PRI_FILTER - 5;

// Each part of a key fills whole words of four octets.
void AppendWord(std::string& key, const void* data, size_t size) {
  key.append(static_cast<const char*>(data), size);
  key.append(4 - size, '\0');
}

Result<uint8_t> ProtocolNumber(const std::string& name) {
  if (name == "tcp") return static_cast<uint8_t>(IPPROTO_TCP);
  if (name == "udp") return static_cast<uint8_t>(IPPROTO_UDP);
  if (name == "sctp") return static_cast<uint8_t>(IPPROTO_SCTP);
  return MakeError(ErrorCode::kInvalid, "\"{}\" is not a protocol: tcp, udp or sctp", name);
}

std::string PortKey(uint8_t protocol, uint16_t port) {
  std::string key;
  const uint16_t number = htons(port);
  AppendWord(key, &protocol, sizeof protocol);
  AppendWord(key, &number, sizeof number);
  return key;
}

std::string AddressKey(const IpAddress& address) {
  return std::string(reinterpret_cast<const char*>(address.data()), address.size());
}

std::string Target(const IpAddress& address, uint16_t port) {
  std::string data = AddressKey(address);
  const uint16_t number = htons(port);
  AppendWord(data, &number, sizeof number);
  return data;
}

// kInvalid: it is none, or one of the other family.
Result<IpAddress> ParseAddress(const std::string& text, const ServiceRule& rule) {
  ASSIGN_OR_RETURN(const IpAddress address, IpAddress::Parse(text), "{}", rule.name);
  if (address.v6 != rule.v6)
    return MakeError(ErrorCode::kInvalid, "{}: {} is not an {} address", rule.name, text, rule.v6 ? "IPv6" : "IPv4");
  return address;
}

class TableBuilder {
 public:
  void Replace() {
    // "Add" first, so that deleting never finds it missing.
    for (const bool remove : {false, true, false}) {
      const UniqueTable table(nftnl_table_alloc());
      nftnl_table_set_str(table.get(), NFTNL_TABLE_NAME, kServiceTable);
      if (remove) batch_.DeleteTable(table.get(), NFPROTO_INET);
      else batch_.AddTable(table.get(), NFPROTO_INET, NLM_F_CREATE);
    }
  }

  struct SetShape {
    uint32_t key_type = 0, key_size = 0;
    uint32_t data_type = 0, data_size = 0;  // 0: a set; verdicts have no size
    uint32_t flags = 0;
    uint64_t timeout_ms = 0;
    uint32_t most = 0;  // elements, 0: any number
  };
  void AddSet(const std::string& name, const SetShape& shape) {
    const UniqueSet set = NamedSet(name);
    nftnl_set_set_u32(set.get(), NFTNL_SET_FAMILY, NFPROTO_INET);
    nftnl_set_set_u32(set.get(), NFTNL_SET_ID, ++sets_);
    nftnl_set_set_u32(set.get(), NFTNL_SET_FLAGS, shape.flags | (shape.data_type != 0 ? uint32_t{NFT_SET_MAP} : 0));
    nftnl_set_set_u32(set.get(), NFTNL_SET_KEY_TYPE, shape.key_type);
    nftnl_set_set_u32(set.get(), NFTNL_SET_KEY_LEN, shape.key_size);
    if (shape.data_type != 0) nftnl_set_set_u32(set.get(), NFTNL_SET_DATA_TYPE, shape.data_type);
    if (shape.data_size != 0) nftnl_set_set_u32(set.get(), NFTNL_SET_DATA_LEN, shape.data_size);
    if (shape.timeout_ms != 0) nftnl_set_set_u64(set.get(), NFTNL_SET_TIMEOUT, shape.timeout_ms);
    if (shape.most != 0) nftnl_set_set_u32(set.get(), NFTNL_SET_DESC_SIZE, shape.most);
    if (shape.key_type == kTypeMark) {
      const UniqueUdata data(nftnl_udata_buf_alloc(NFT_USERDATA_MAXLEN));
      nftnl_udata_put_u32(data.get(), NFTNL_UDATA_SET_KEYBYTEORDER, kHostByteOrder);
      nftnl_set_set_data(set.get(), NFTNL_SET_USERDATA, nftnl_udata_buf_data(data.get()), nftnl_udata_buf_len(data.get()));
    }
    batch_.AddSet(set.get(), NFPROTO_INET, NLM_F_EXCL);
  }

  void AddElement(const std::string& name, const std::string& key) {
    const UniqueSet set = NamedSet(name);
    NewElement(set.get(), key);
    batch_.AddElements(set.get(), NFPROTO_INET, 0);
  }
  void AddClients(const std::string& name, std::span<const ServiceClient> clients) {
    while (!clients.empty()) {
      const UniqueSet set = NamedSet(name);
      const size_t count = std::min(clients.size(), kClientsPerMessage);
      for (const ServiceClient& client : clients.first(count)) {
        nftnl_set_elem* element = NewElement(set.get(), AddressKey(client.address));
        nftnl_set_elem_set_u64(element, NFTNL_SET_ELEM_EXPIRATION, client.left_ms);
      }
      batch_.AddElements(set.get(), NFPROTO_INET, 0);
      clients = clients.subspan(count);
    }
  }
  void AddMapping(const std::string& name, const std::string& key, const std::string& data) {
    const UniqueSet set = NamedSet(name);
    nftnl_set_elem* element = NewElement(set.get(), key);
    nftnl_set_elem_set(element, NFTNL_SET_ELEM_DATA, data.data(), static_cast<uint32_t>(data.size()));
    batch_.AddElements(set.get(), NFPROTO_INET, 0);
  }
  // A second one for the same key is left out: Services may share an external address.
  void AddVerdict(const std::string& name, const std::string& key, const std::string& chain) {
    if (!verdicts_.emplace(name + key, 0).second) return;
    const UniqueSet set = NamedSet(name);
    nftnl_set_elem* element = NewElement(set.get(), key);
    nftnl_set_elem_set_u32(element, NFTNL_SET_ELEM_VERDICT, static_cast<uint32_t>(NFT_GOTO));
    nftnl_set_elem_set_str(element, NFTNL_SET_ELEM_CHAIN, chain.c_str());
    batch_.AddElements(set.get(), NFPROTO_INET, 0);
  }

  void AddChain(const std::string& name) { AddChain(name, nullptr, 0, 0); }
  void AddChain(const std::string& name, const char* type, uint32_t hook, int32_t priority) {
    const UniqueChain chain(nftnl_chain_alloc());
    nftnl_chain_set_str(chain.get(), NFTNL_CHAIN_TABLE, kServiceTable);
    nftnl_chain_set_str(chain.get(), NFTNL_CHAIN_NAME, name.c_str());
    if (type != nullptr) {
      nftnl_chain_set_str(chain.get(), NFTNL_CHAIN_TYPE, type);
      nftnl_chain_set_u32(chain.get(), NFTNL_CHAIN_HOOKNUM, hook);
      nftnl_chain_set_s32(chain.get(), NFTNL_CHAIN_PRIO, priority);
    }
    batch_.AddChain(chain.get(), NFPROTO_INET, NLM_F_EXCL);
  }

  static RuleBuilder Rule(const std::string& chain) { return RuleBuilder(kServiceTable, chain); }
  void AddRule(RuleBuilder& rule) { batch_.AddRule(rule.Build().get(), NFPROTO_INET, NLM_F_APPEND); }

  NftBatch Take() { return std::move(batch_); }

 private:
  static UniqueSet NamedSet(const std::string& name) {
    UniqueSet set(nftnl_set_alloc());
    nftnl_set_set_str(set.get(), NFTNL_SET_TABLE, kServiceTable);
    nftnl_set_set_str(set.get(), NFTNL_SET_NAME, name.c_str());
    return set;
  }
  static nftnl_set_elem* NewElement(nftnl_set* set, const std::string& key) {
    nftnl_set_elem* element = nftnl_set_elem_alloc();
    nftnl_set_elem_set(element, NFTNL_SET_ELEM_KEY, key.data(), static_cast<uint32_t>(key.size()));
    nftnl_set_elem_add(set, element);
    return element;
  }

  NftBatch batch_;
  uint32_t sets_ = 0;
  std::map<std::string, int> verdicts_;
};

RuleBuilder OnlyFamily(const std::string& chain, const Family& family) {
  RuleBuilder rule = TableBuilder::Rule(chain);
  if (family.v6) rule.OnlyIpv6();
  else rule.OnlyIpv4();
  return rule;
}

RuleBuilder OfAddress(const std::string& chain, const Family& family) {
  RuleBuilder rule = OnlyFamily(chain, family);
  rule.NetworkHeader(family.destination, family.size)
      .Meta(NFT_META_L4PROTO, family.words())
      .TransportHeader(kDestinationPort, 2, family.words() + 1);
  return rule;
}

RuleBuilder OfHost(const std::string& chain, const Family& family) {
  RuleBuilder rule = OnlyFamily(chain, family);
  // A connection from ::1 cannot be translated: no answer to it would be let in.
  if (family.v6) rule.NetworkHeader(family.destination, family.size).Differs(kLoopback6.data(), kLoopback6.size());
  rule.DestinationType().EqualsU32(RTN_LOCAL).Meta(NFT_META_L4PROTO).TransportHeader(kDestinationPort, 2, 1);
  return rule;
}

void AddRefusal(TableBuilder& table, const std::function<RuleBuilder()>& select) {
  // A reset for TCP, so that a client fails at once whatever it makes of ICMP.
  RuleBuilder tcp = select();
  table.AddRule(tcp.Meta(NFT_META_L4PROTO).EqualsU8(IPPROTO_TCP).RejectWithReset());
  RuleBuilder other = select();
  table.AddRule(other.RejectAsPortUnreachable());
}

void AddRefusals(TableBuilder& table, const IpSubnet& range) {
  const Family& family = FamilyOf(range.base.v6);
  const auto in_range = [&](const char* chain) {
    return [&range, &family, chain] {
      RuleBuilder rule = OnlyFamily(chain, family);
      rule.NetworkHeader(family.destination, family.size).InSubnet(range);
      return rule;
    };
  };
  const auto to_idle_address = [&](const char* chain) {
    return [&family, chain] {
      RuleBuilder rule = OfAddress(chain, family);
      rule.InSet(family.Set("idle-addresses"));
      return rule;
    };
  };
  const auto to_idle_port = [&](const char* chain) {
    return [&family, chain] {
      RuleBuilder rule = OfHost(chain, family);
      rule.InSet(family.Set("idle-ports"));
      return rule;
    };
  };
  for (const char* chain : {"refuse-forward", "refuse-output"}) {
    AddRefusal(table, in_range(chain));
    AddRefusal(table, to_idle_address(chain));
  }
  for (const char* chain : {"refuse-input", "refuse-output"}) AddRefusal(table, to_idle_port(chain));
  AddRefusal(table, to_idle_address("refuse-input"));  // an external address that is the host's own
}

void AddFrame(TableBuilder& table, const std::vector<IpSubnet>& ranges) {
  const uint32_t host_port = Pair(kTypeProtocol, kTypePort);
  for (const IpSubnet& range : ranges) {
    const Family& family = FamilyOf(range.base.v6);
    const uint32_t address_port = Pair(Pair(family.type, kTypeProtocol), kTypePort);
    table.AddSet(family.Set("addresses"), {.key_type = address_port, .key_size = family.size + 8, .data_type = NFT_DATA_VERDICT});
    table.AddSet(family.Set("ports"), {.key_type = host_port, .key_size = 8, .data_type = NFT_DATA_VERDICT});
    table.AddSet(family.Set("idle-addresses"), {.key_type = address_port, .key_size = family.size + 8});
    table.AddSet(family.Set("idle-ports"), {.key_type = host_port, .key_size = 8});
  }
  table.AddChain("pre", "nat", NF_INET_PRE_ROUTING, kPriorityNat);
  table.AddChain("out", "nat", NF_INET_LOCAL_OUT, kPriorityNat);
  table.AddChain("refuse-forward", "filter", NF_INET_FORWARD, kPriorityFilter);
  table.AddChain("refuse-input", "filter", NF_INET_LOCAL_IN, kPriorityFilter);
  table.AddChain("refuse-output", "filter", NF_INET_LOCAL_OUT, kPriorityFilter);
  for (const IpSubnet& range : ranges) {
    const Family& family = FamilyOf(range.base.v6);
    for (const char* chain : {"pre", "out"}) {
      RuleBuilder address = OfAddress(chain, family);
      table.AddRule(address.DecideBy(family.Set("addresses")));
      RuleBuilder port = OfHost(chain, family);
      table.AddRule(port.DecideBy(family.Set("ports")));
    }
    AddRefusals(table, range);
  }
}

void Translate(RuleBuilder& rule, const Family& family) {
  if (family.v6) rule.DnatIpv6();
  else rule.Dnat();
}

// 16 hexadecimal digits, the same for the same text.
std::string Key(const std::string& text) {
  uint64_t hash = 14695981039346656037u;  // FNV-1a
  for (const char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 1099511628211u;
  return fmt::format("{:016x}", hash);
}

std::string EndpointKey(const ServiceRule& rule, const ServiceEndpoint& endpoint) {
  return Key(fmt::format("{} {} {}", rule.name, endpoint.address, endpoint.port));
}

std::string NumberKey(uint32_t number) { return std::string(reinterpret_cast<const char*>(&number), sizeof number); }

Result<> AddEndpoints(TableBuilder& table, const ServiceRule& rule, const std::string& key) {
  const Family& family = FamilyOf(rule.v6);
  const std::string chain = "svc-" + key, endpoints = "to-" + key;
  table.AddSet(endpoints, {.key_type = kTypeMark, .key_size = 4, .data_type = family.target_type(), .data_size = family.target_size()});
  uint32_t number = 0;
  for (const ServiceEndpoint& endpoint : rule.endpoints) {
    ASSIGN_OR_RETURN(const IpAddress address, ParseAddress(endpoint.address, rule));
    table.AddMapping(endpoints, NumberKey(number), Target(address, endpoint.port));
    ++number;
  }
  table.AddChain(chain);
  RuleBuilder any = TableBuilder::Rule(chain);
  any.Comment(rule.name).Random(number).MapTo(endpoints);
  Translate(any, family);
  table.AddRule(any);
  return {};
}

// Of more than there is room for, those that came last.
std::vector<ServiceClient> Latest(std::vector<ServiceClient> clients, size_t most) {
  if (clients.size() <= most) return clients;
  const auto end = clients.begin() + static_cast<std::ptrdiff_t>(most);
  std::ranges::nth_element(clients, end, std::greater(), &ServiceClient::left_ms);
  clients.erase(end, clients.end());
  return clients;
}

// Where a client goes that stays with this endpoint.
Result<> AddStayingEndpoint(TableBuilder& table, const ServiceRule& rule, const ServiceEndpoint& endpoint,
                            const std::string& chain, const ClientSets& clients) {
  const Family& family = FamilyOf(rule.v6);
  ASSIGN_OR_RETURN(const IpAddress address, ParseAddress(endpoint.address, rule));
  const std::string set = ClientSet(rule, endpoint);
  const size_t most = std::clamp(kMostClientsOfPort / rule.endpoints.size(), kFewestClients, kMostClients);
  table.AddSet(set, {.key_type = family.type,
                     .key_size = family.size,
                     .flags = NFT_SET_TIMEOUT | NFT_SET_EVAL,
                     .timeout_ms = static_cast<uint64_t>(rule.affinity_s) * 1000,
                     .most = static_cast<uint32_t>(most)});
  if (const auto known = clients.find(set); known != clients.end()) table.AddClients(set, Latest(known->second, most));
  table.AddChain(chain);
  // A rule of its own, because it ends when the set is full.
  RuleBuilder remember = OnlyFamily(chain, family);
  table.AddRule(remember.NetworkHeader(family.source, family.size).Remember(set));
  RuleBuilder go = TableBuilder::Rule(chain);
  const uint16_t port = htons(endpoint.port);
  go.Value(address.data(), address.size()).Value(&port, sizeof port, family.words());
  Translate(go, family);
  table.AddRule(go);
  return {};
}

Result<> AddStayingEndpoints(TableBuilder& table, const ServiceRule& rule, const std::string& key, const ClientSets& clients) {
  const Family& family = FamilyOf(rule.v6);
  const std::string chain = "svc-" + key, endpoints = "to-" + key;
  table.AddChain(chain);
  table.AddSet(endpoints, {.key_type = kTypeMark, .key_size = 4, .data_type = NFT_DATA_VERDICT});
  std::set<ServiceEndpoint> added;  // EndpointSlices may name one twice
  uint32_t number = 0;
  for (const ServiceEndpoint& endpoint : rule.endpoints) {
    const std::string target = "ep-" + EndpointKey(rule, endpoint);
    if (added.insert(endpoint).second) {
      TRY(AddStayingEndpoint(table, rule, endpoint, target, clients));
      RuleBuilder again = OnlyFamily(chain, family);
      table.AddRule(again.NetworkHeader(family.source, family.size).InSet(ClientSet(rule, endpoint)).Goto(target));
    }
    table.AddVerdict(endpoints, NumberKey(number), target);
    ++number;
  }
  RuleBuilder any = TableBuilder::Rule(chain);
  table.AddRule(any.Comment(rule.name).Random(number).DecideBy(endpoints));
  return {};
}

Result<> AddSourceRanges(TableBuilder& table, const ServiceRule& rule, const std::string& key) {
  const Family& family = FamilyOf(rule.v6);
  const std::string chain = "lb-" + key;
  table.AddChain(chain);
  for (const std::string& text : rule.source_ranges) {
    ASSIGN_OR_RETURN(const IpSubnet subnet, IpSubnet::Parse(text), "{}", rule.name);
    if (subnet.base.v6 != rule.v6) continue;
    RuleBuilder allowed = TableBuilder::Rule(chain);
    allowed.NetworkHeader(family.source, family.size).InSubnet(subnet);
    table.AddRule(allowed.Goto("svc-" + key));
  }
  RuleBuilder others = TableBuilder::Rule(chain);
  table.AddRule(others.Verdict(NF_DROP));
  return {};
}

Result<> AddServicePort(TableBuilder& table, const ServiceRule& rule, const ClientSets& clients) {
  ASSIGN_OR_RETURN(const uint8_t protocol, ProtocolNumber(rule.protocol), "{}", rule.name);
  const std::string key = Key(rule.name);
  const Family& family = FamilyOf(rule.v6);
  const bool idle = rule.endpoints.empty();
  if (!idle && rule.affinity_s != 0) TRY(AddStayingEndpoints(table, rule, key, clients));
  if (!idle && rule.affinity_s == 0) TRY(AddEndpoints(table, rule, key));
  for (const std::string& text : rule.addresses) {
    ASSIGN_OR_RETURN(const IpAddress address, ParseAddress(text, rule));
    const std::string place = AddressKey(address) + PortKey(protocol, rule.port);
    if (idle) table.AddElement(family.Set("idle-addresses"), place);
    else table.AddVerdict(family.Set("addresses"), place, "svc-" + key);
  }
  const bool limited = !idle && rule.host_port != 0 && !rule.source_ranges.empty();
  if (limited) TRY(AddSourceRanges(table, rule, key));
  for (const uint16_t port : {rule.node_port, rule.host_port}) {
    if (port == 0) continue;
    if (idle) table.AddElement(family.Set("idle-ports"), PortKey(protocol, port));
    else table.AddVerdict(family.Set("ports"), PortKey(protocol, port), (limited && port == rule.host_port ? "lb-" : "svc-") + key);
  }
  return {};
}

}  // namespace

std::string ClientSet(const ServiceRule& rule, const ServiceEndpoint& endpoint) {
  return "for-" + EndpointKey(rule, endpoint);
}

Result<NftBatch> BuildServiceTable(const std::vector<ServiceRule>& rules, const std::vector<IpSubnet>& ranges,
                                   const ClientSets& clients) {
  TableBuilder table;
  table.Replace();
  AddFrame(table, ranges);
  for (const ServiceRule& rule : rules) TRY(AddServicePort(table, rule, clients));
  return table.Take();
}

NftBatch BuildServiceTableRemoval() {
  NftBatch batch;
  const UniqueTable table(nftnl_table_alloc());
  nftnl_table_set_str(table.get(), NFTNL_TABLE_NAME, kServiceTable);
  batch.DeleteTable(table.get(), NFPROTO_INET);
  return batch;
}

std::vector<ServiceClient> ParseServiceClients(const nlmsghdr* answer) {
  std::vector<ServiceClient> clients;
  const UniqueSet set(nftnl_set_alloc());
  if (nftnl_set_elems_nlmsg_parse(answer, set.get()) != 0) return clients;
  const auto read = [](nftnl_set_elem* element, void* out) {
    uint32_t size = 0;
    const void* key = nftnl_set_elem_get(element, NFTNL_SET_ELEM_KEY, &size);
    if (key == nullptr || (size != kIpv4.size && size != kIpv6.size)) return 0;
    const uint64_t left = nftnl_set_elem_is_set(element, NFTNL_SET_ELEM_EXPIRATION)
                              ? nftnl_set_elem_get_u64(element, NFTNL_SET_ELEM_EXPIRATION)
                              : 0;
    static_cast<std::vector<ServiceClient>*>(out)->push_back({IpAddress::FromBytes(key, size == kIpv6.size), left});
    return 0;
  };
  nftnl_set_elem_foreach(set.get(), read, &clients);
  return clients;
}

}  // namespace skiff::network
