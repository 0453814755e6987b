// The bytes that go to the kernel; what nft(8) makes of them is tested with the kernel itself.
#include "network/nft_ruleset.h"

#include <gtest/gtest.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>

#include <cstring>
#include <map>

namespace skiff::network {
namespace {

std::string Hex(const std::string& data) {
  std::string text;
  for (const unsigned char c : data) text += fmt::format("{:02x}", c);
  return text;
}

std::vector<nlmsghdr> Headers(const std::string& data) {
  std::vector<nlmsghdr> headers;
  for (size_t at = 0; at + sizeof(nlmsghdr) <= data.size();) {
    nlmsghdr header;
    std::memcpy(&header, data.data() + at, sizeof header);
    headers.push_back(header);
    at += NLMSG_ALIGN(header.nlmsg_len);
  }
  return headers;
}

std::string ElementHex(const Port& port, const char* target) {
  const auto address = target != nullptr ? IpAddress::Parse(target).value() : IpAddress{};
  const auto element = PortElement(port, address.v6, target != nullptr ? &address : nullptr);
  EXPECT_TRUE(element);
  NftBatch batch;
  batch.AddElements(element->get(), NFPROTO_INET, NLM_F_EXCL);
  return Hex(batch.Encode());
}

TEST(NftRuleset, PortElementsAreKeysOfWholeWords) {
  // 192.0.2.1 . udp . 5353 : 10.89.0.2 . 53
  const std::string exact = ElementHex({"192.0.2.1", 5353, 53, "udp"}, "10.89.0.2");
  EXPECT_NE(exact.find(Hex("port4") + "00"), std::string::npos);
  EXPECT_NE(exact.find("c0000201"
                       "11000000"
                       "14e90000"),
            std::string::npos)
      << exact;
  EXPECT_NE(exact.find("0a590002"
                       "00350000"),
            std::string::npos)
      << exact;
  // tcp . 8080 : 10.89.0.2 . 80
  const std::string any = ElementHex({"", 8080, 80, "tcp"}, "10.89.0.2");
  EXPECT_NE(any.find(Hex("port4any") + "00"), std::string::npos);
  EXPECT_NE(any.find("06000000"
                     "1f900000"),
            std::string::npos)
      << any;
  // For deleting: no value.
  EXPECT_EQ(ElementHex({"", 8080, 80, "tcp"}, nullptr).find("0a590002"), std::string::npos);
}

TEST(NftRuleset, Ipv6PortElements) {
  // 2001:db8::7 . tcp . 8080 : fd00::2 . 80
  const std::string exact = ElementHex({"2001:db8::7", 8080, 80, "tcp"}, "fd00::2");
  EXPECT_NE(exact.find(Hex("port6") + "00"), std::string::npos);
  EXPECT_NE(exact.find("20010db8000000000000000000000007"
                       "06000000"
                       "1f900000"),
            std::string::npos)
      << exact;
  EXPECT_NE(exact.find("fd000000000000000000000000000002"
                       "00500000"),
            std::string::npos)
      << exact;
  EXPECT_NE(ElementHex({"", 8080, 80, "tcp"}, "fd00::2").find(Hex("port6any") + "00"), std::string::npos);
  EXPECT_TRUE(ConcernsFamily({"", 80, 80, "tcp"}, true).value());
  EXPECT_TRUE(ConcernsFamily({"::1", 80, 80, "tcp"}, true).value());
  EXPECT_FALSE(ConcernsFamily({"::1", 80, 80, "tcp"}, false).value());
}

TEST(NftRuleset, BridgeElementsSayWhatTheNetworkIs) {
  const IpSubnet subnet = IpSubnet::Parse("10.89.0.0/24").value();
  EXPECT_EQ(BridgeElements({.bridge = "b0", .subnets = {subnet}}).size(), 3u);
  EXPECT_EQ(BridgeElements({.bridge = "b0", .subnets = {subnet}, .internal = true, .isolated = true, .strict = true}).size(),
            6u);
}

TEST(NftRuleset, RefusesWhatItCannotExpress) {
  const IpAddress target{};
  EXPECT_FALSE(PortElement({"localhost", 80, 80, "tcp"}, false, &target));
  EXPECT_FALSE(PortElement({"", 80, 80, "icmp"}, false, &target));
  EXPECT_FALSE(ConcernsFamily({"localhost", 80, 80, "tcp"}, true));
}

TEST(NftRuleset, TableIsOneExclusiveTransaction) {
  NftBatch batch;
  AddTable(batch);
  const auto headers = Headers(batch.Encode());
  ASSERT_EQ(headers.size(), batch.size() + 2);
  EXPECT_EQ(headers.front().nlmsg_type, NFNL_MSG_BATCH_BEGIN);
  EXPECT_EQ(headers.back().nlmsg_type, NFNL_MSG_BATCH_END);
  EXPECT_EQ(headers[1].nlmsg_type, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWTABLE);
  EXPECT_TRUE(headers[1].nlmsg_flags & NLM_F_EXCL) << "whoever comes second must not add the rules twice";
  std::map<int, int> count;
  for (size_t i = 1; i + 1 < headers.size(); ++i) {
    EXPECT_EQ(headers[i].nlmsg_seq, i) << "errors are told by sequence number";
    ++count[headers[i].nlmsg_type & 0xff];
  }
  EXPECT_EQ(count[NFT_MSG_NEWSET], 16);
  EXPECT_EQ(count[NFT_MSG_NEWCHAIN], 7);
  EXPECT_EQ(count[NFT_MSG_NEWRULE], 24);
  EXPECT_EQ(count[NFT_MSG_NEWSETELEM], 1);
}

}  // namespace
}  // namespace skiff::network
