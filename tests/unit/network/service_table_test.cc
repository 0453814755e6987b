// What goes to the kernel, read back with libnftnl; how packets fare by it is tested in tests/system.
#include "network/service/service_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>

namespace skiff::network {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

struct Table {
  std::map<std::string, uint64_t> timeouts;  // of every set and map
  std::map<std::string, uint32_t> most;      // elements
  std::vector<std::string> chains;
  std::map<std::string, std::vector<std::string>> rules;  // by chain, as libnftnl prints them
  ClientSets clients;
  size_t messages = 0;
};

// libnftnl numbers the elements that it sends (the kernel does not look), and reads only what the kernel sends.
void NameElements(nlmsghdr* header) {
  const auto rename = [](const nlattr* element, void*) {
    const_cast<nlattr*>(element)->nla_type = NFTA_LIST_ELEM | NLA_F_NESTED;
    return MNL_CB_OK;
  };
  const auto visit = [](const nlattr* attribute, void* callback) {
    if (mnl_attr_get_type(attribute) != NFTA_SET_ELEM_LIST_ELEMENTS) return MNL_CB_OK;
    return mnl_attr_parse_nested(attribute, *static_cast<const mnl_attr_cb_t*>(callback), nullptr);
  };
  mnl_attr_cb_t callback = rename;
  ASSERT_EQ(mnl_attr_parse(header, sizeof(nfgenmsg), visit, &callback), MNL_CB_OK);
}

void ReadMessage(nlmsghdr* header, Table& table) {
  switch (header->nlmsg_type & 0xff) {
    case NFT_MSG_NEWSET: {
      const UniqueSet set(nftnl_set_alloc());
      ASSERT_EQ(nftnl_set_nlmsg_parse(header, set.get()), 0);
      const bool expires = nftnl_set_is_set(set.get(), NFTNL_SET_TIMEOUT);
      table.timeouts[nftnl_set_get_str(set.get(), NFTNL_SET_NAME)] = expires ? nftnl_set_get_u64(set.get(), NFTNL_SET_TIMEOUT) : 0;
      table.most[nftnl_set_get_str(set.get(), NFTNL_SET_NAME)] = nftnl_set_get_u32(set.get(), NFTNL_SET_DESC_SIZE);
      break;
    }
    case NFT_MSG_NEWCHAIN: {
      const UniqueChain chain(nftnl_chain_alloc());
      ASSERT_EQ(nftnl_chain_nlmsg_parse(header, chain.get()), 0);
      table.chains.push_back(nftnl_chain_get_str(chain.get(), NFTNL_CHAIN_NAME));
      break;
    }
    case NFT_MSG_NEWRULE: {
      const UniqueRule rule(nftnl_rule_alloc());
      ASSERT_EQ(nftnl_rule_nlmsg_parse(header, rule.get()), 0);
      std::array<char, 2048> text{};
      nftnl_rule_snprintf(text.data(), text.size(), rule.get(), NFTNL_OUTPUT_DEFAULT, 0);
      table.rules[nftnl_rule_get_str(rule.get(), NFTNL_RULE_CHAIN)].push_back(text.data());
      break;
    }
    case NFT_MSG_NEWSETELEM: {
      NameElements(header);
      const UniqueSet set(nftnl_set_alloc());
      ASSERT_EQ(nftnl_set_elems_nlmsg_parse(header, set.get()), 0);
      const std::string name = nftnl_set_get_str(set.get(), NFTNL_SET_NAME);
      if (!name.starts_with("for-")) break;
      for (const ServiceClient& client : ParseServiceClients(header)) table.clients[name].push_back(client);
      break;
    }
    default: break;
  }
}

Table Build(const std::vector<ServiceRule>& rules, const ClientSets& clients = {}) {
  Table table;
  const auto batch = BuildServiceTable(rules, {IpSubnet::Parse("10.96.0.0/16").value(), IpSubnet::Parse("fd00::/112").value()}, clients);
  EXPECT_TRUE(batch);
  if (!batch) return table;
  table.messages = batch->size();
  std::string data = batch->Encode();
  for (size_t at = 0; at + sizeof(nlmsghdr) <= data.size();) {
    nlmsghdr header;
    std::memcpy(&header, data.data() + at, sizeof header);
    if (header.nlmsg_type >> 8 == NFNL_SUBSYS_NFTABLES) ReadMessage(reinterpret_cast<nlmsghdr*>(data.data() + at), table);
    at += NLMSG_ALIGN(header.nlmsg_len);
  }
  return table;
}

ServiceRule Rule(int64_t affinity_s, std::vector<ServiceEndpoint> endpoints) {
  return {.name = "default/web:80/tcp", .protocol = "tcp", .port = 80, .addresses = {"10.96.0.7"}, .affinity_s = affinity_s,
          .endpoints = std::move(endpoints)};
}

const ServiceEndpoint kOne{"10.89.0.2", 8080}, kTwo{"10.89.0.3", 8080};

std::string ChainOf(const ServiceRule& rule, const ServiceEndpoint& endpoint) {
  return "ep-" + ClientSet(rule, endpoint).substr(std::strlen("for-"));
}

TEST(ServiceTable, AsksEveryEndpointForTheClientBeforeItPicksOne) {
  const ServiceRule rule = Rule(60, {kOne, kTwo});
  Table table = Build({rule});
  const std::string one = ClientSet(rule, kOne), two = ClientSet(rule, kTwo);
  EXPECT_EQ(table.timeouts.at(one), 60000u);
  EXPECT_EQ(table.timeouts.at(two), 60000u);
  EXPECT_EQ(table.timeouts.size(), 8u + 3u);  // those of the frame, of both families
  const auto chain = std::ranges::find_if(table.chains, [](const std::string& name) { return name.starts_with("svc-"); });
  ASSERT_NE(chain, table.chains.end());
  EXPECT_THAT(table.rules[*chain], ElementsAre(AllOf(HasSubstr("set " + one), HasSubstr("goto -> " + ChainOf(rule, kOne))),
                                               AllOf(HasSubstr("set " + two), HasSubstr("goto -> " + ChainOf(rule, kTwo))),
                                               AllOf(HasSubstr("random"), HasSubstr("set to-"))));
  EXPECT_THAT(table.rules[ChainOf(rule, kTwo)], ElementsAre(HasSubstr("update reg_key 1 set " + two), HasSubstr("nat dnat ip")));
}

TEST(ServiceTable, AnEndpointThatIsNamedTwiceHasOneChain) {
  const ServiceRule rule = Rule(60, {kOne, kOne, kTwo});
  const Table table = Build({rule});
  EXPECT_EQ(std::ranges::count(table.chains, ChainOf(rule, kOne)), 1);
  EXPECT_EQ(table.timeouts.count(ClientSet(rule, kOne)), 1u);
}

TEST(ServiceTable, NothingOfItWithoutAffinity) {
  const Table table = Build({Rule(0, {kOne, kTwo})});
  EXPECT_THAT(table.chains, Not(Contains(StartsWith("ep-"))));
  EXPECT_EQ(table.timeouts.size(), 8u + 1u);
  for (const auto& [name, timeout] : table.timeouts) EXPECT_EQ(timeout, 0u) << name;
}

TEST(ServiceTable, ASetBelongsToOneEndpointOfOneServicePort) {
  const ServiceRule rule = Rule(60, {kOne});
  ServiceRule other = rule;
  other.name = "default/web:81/tcp";
  EXPECT_EQ(ClientSet(rule, kOne), ClientSet(Rule(30, {kTwo, kOne}), kOne));
  EXPECT_NE(ClientSet(rule, kOne), ClientSet(rule, kTwo));
  EXPECT_NE(ClientSet(rule, kOne), ClientSet(rule, {kOne.address, 8081}));
  EXPECT_NE(ClientSet(rule, kOne), ClientSet(other, kOne));
}

TEST(ServiceTable, ClientsAreAsTheyWereRead) {
  const ServiceRule v4 = Rule(60, {kOne, kTwo});
  ServiceRule v6 = Rule(60, {{"fd07::2", 8080}});
  v6.name += " IPv6";
  v6.v6 = true;
  v6.addresses = {"fd00::7"};
  ClientSets clients;
  for (uint32_t i = 0; i < 1001; ++i) {
    clients[ClientSet(v4, kTwo)].push_back({IpAddress::V4(0x0a000000 + i), 1000 + i});
    clients[ClientSet(v6, v6.endpoints[0])].push_back({IpAddress::Parse("fd08::").value().Plus(i), 59000 + i});
  }
  const Table table = Build({v4, v6}, clients);
  EXPECT_TRUE(table.clients == clients);  // too many to print
  EXPECT_LT(table.messages, 200u);  // not one for each
  // An endpoint that is not there any more takes its clients along.
  EXPECT_THAT(Build({Rule(60, {kOne})}, clients).clients, SizeIs(0));
}

TEST(ServiceTable, TheMoreEndpointsTheFewerClientsEachRemembers) {
  ServiceRule rule = Rule(60, {kOne, kTwo});
  ClientSets clients;
  std::vector<ServiceClient>& known = clients[ClientSet(rule, kOne)];
  for (uint32_t i = 0; i < 16384; ++i) known.push_back({IpAddress::V4(0x0a000000 + i), 1 + i});
  EXPECT_EQ(Build({rule}).most.at(ClientSet(rule, kOne)), 16384u);
  EXPECT_TRUE(Build({rule}, clients).clients == clients);
  for (int i = 4; i < 18; ++i) rule.endpoints.push_back({fmt::format("10.89.0.{}", i), 8080});
  ASSERT_THAT(rule.endpoints, SizeIs(16));
  const Table table = Build({rule}, clients);
  EXPECT_EQ(table.most.at(ClientSet(rule, kOne)), 4096u);
  // Those that came last.
  const auto& kept = table.clients.at(ClientSet(rule, kOne));
  EXPECT_THAT(kept, SizeIs(4096));
  EXPECT_EQ(std::ranges::min(kept, {}, &ServiceClient::left_ms).left_ms, 16384u - 4096u + 1);
  for (int i = 18; i < 200; ++i) rule.endpoints.push_back({fmt::format("10.89.0.{}", i), 8080});
  EXPECT_EQ(Build({rule}).most.at(ClientSet(rule, kTwo)), 1024u);
}

TEST(ServiceTable, NamesOfChainsAreOfOneServicePort) {
  ServiceRule udp = Rule(0, {kOne});
  udp.name = "default/web:80/udp";
  udp.protocol = "udp";
  const auto chains = [](const Table& table) {
    std::vector<std::string> found;
    std::ranges::copy_if(table.chains, std::back_inserter(found), [](const std::string& name) { return name.starts_with("svc-"); });
    return found;
  };
  const auto both = chains(Build({Rule(0, {kOne}), udp}));
  EXPECT_THAT(both, ElementsAre(SizeIs(4u + 16u), SizeIs(4u + 16u)));
  EXPECT_NE(both.front(), both.back());
  EXPECT_THAT(chains(Build({udp})), ElementsAre(both.back()));
}

TEST(ServiceTable, WrongRulesAreRefused) {
  const std::vector<IpSubnet> range = {*IpSubnet::Parse("10.96.0.0/16"), *IpSubnet::Parse("fd96::/112")};
  EXPECT_FALSE(BuildServiceTable({{.name = "a", .protocol = "icmp"}}, range, {}));
  EXPECT_FALSE(BuildServiceTable({{.name = "a", .protocol = "tcp", .addresses = {"x"}}}, range, {}));
  EXPECT_FALSE(BuildServiceTable({{.name = "a", .v6 = true, .protocol = "tcp", .addresses = {"10.96.0.1"}}}, range, {}));
  EXPECT_TRUE(BuildServiceTable({}, range, {}));
  const auto batch = BuildServiceTable({Rule(60, {{"10.89.0.300", 8080}})}, range, {});
  ASSERT_FALSE(batch);
  EXPECT_THAT(batch.error().message(), HasSubstr("default/web:80/tcp"));
}

}  // namespace
}  // namespace skiff::network
