#include "network/ip_address.h"

#include <gtest/gtest.h>

#include "network/subnet_pool.h"

namespace skiff::network {
namespace {

IpSubnet Subnet(const char* text) { return IpSubnet::Parse(text).value(); }

TEST(IpAddress, ParsesAndPrints) {
  EXPECT_EQ(IpAddress::Parse("10.89.0.1")->ToString(), "10.89.0.1");
  EXPECT_EQ(Subnet("10.89.0.77/24").ToString(), "10.89.0.0/24");
  EXPECT_EQ(Subnet("10.89.0.0/24").last().ToString(), "10.89.0.255");
  EXPECT_EQ(Subnet("0.0.0.0/0").last().ToString(), "255.255.255.255");
  EXPECT_EQ(IpAddress::Parse("FD00:0:0::1")->ToString(), "fd00::1");
  EXPECT_EQ(Subnet("fd00:1::7/63").ToString(), "fd00:1::/63");
  EXPECT_EQ(Subnet("fd00::/121").last().ToString(), "fd00::7f");
  for (const char* wrong : {"", "10.89.0", "10.89.0.256", "::g", "10.89.0.1 "})
    EXPECT_FALSE(IpAddress::Parse(wrong));
  for (const char* wrong : {"10.89.0.0", "10.89.0.0/", "10.89.0.0/33", "10.89.0.0/2x", "/24", "fd00::/129"})
    EXPECT_FALSE(IpSubnet::Parse(wrong)) << wrong;
}

TEST(IpAddress, Overlaps) {
  EXPECT_TRUE(Subnet("10.0.0.0/8").Overlaps(Subnet("10.89.3.0/24")));
  EXPECT_TRUE(Subnet("10.89.3.0/24").Overlaps(Subnet("10.0.0.0/8")));
  EXPECT_FALSE(Subnet("10.89.3.0/24").Overlaps(Subnet("10.89.4.0/24")));
  EXPECT_TRUE(Subnet("10.89.3.7/32").Overlaps(Subnet("10.89.3.0/24")));
}

TEST(IpAddress, FamiliesDoNotOverlap) {
  EXPECT_FALSE(Subnet("::/0").Overlaps(Subnet("0.0.0.0/0")));
  EXPECT_TRUE(Subnet("fd00::/8").Overlaps(Subnet("fd12:3::/64")));
  EXPECT_FALSE(Subnet("fd12:3::/64").Overlaps(Subnet("fd12:4::/64")));
}

TEST(IpAddress, Distances) {
  const auto address = [](const char* text) { return IpAddress::Parse(text).value(); };
  EXPECT_EQ(address("10.0.0.250").Plus(10).ToString(), "10.0.1.4");
  EXPECT_EQ(address("255.255.255.255").Plus(1).ToString(), "0.0.0.0");
  EXPECT_EQ(address("fd00::ffff:ffff").Plus(1).ToString(), "fd00::1:0:0");
  EXPECT_EQ(address("fd00::ff").Plus(~uint64_t{0}).ToString(), "fd00:0:0:1::fe");
  EXPECT_EQ(address("10.0.1.4").DistanceFrom(address("10.0.0.250")), 10u);
  EXPECT_EQ(address("fd00::1:0:0").DistanceFrom(address("fd00::ffff:ffff")), 1u);
  EXPECT_EQ(address("fd01::").DistanceFrom(address("fd00::")), ~uint64_t{0});
}

TEST(SubnetPool, Ipv6IsRandomAndPrivate) {
  const auto first = ChooseIpv6Subnet({});
  ASSERT_TRUE(first);
  EXPECT_EQ(first->prefix_length, 64);
  EXPECT_EQ(first->base.bytes[0], 0xfd);
  EXPECT_NE(ChooseIpv6Subnet({})->ToString(), first->ToString());
  EXPECT_FALSE(ChooseIpv6Subnet({Subnet("fd00::/8")}));
}

TEST(SubnetPool, FirstFreeOne) {
  EXPECT_EQ(ChooseSubnet({})->ToString(), "10.89.0.0/24");
  EXPECT_EQ(ChooseSubnet({Subnet("10.88.0.0/16"), Subnet("192.168.1.0/24")})->ToString(), "10.89.0.0/24");
  EXPECT_EQ(ChooseSubnet({Subnet("10.89.0.5/32")})->ToString(), "10.89.1.0/24");
  EXPECT_EQ(ChooseSubnet({Subnet("10.89.1.0/24"), Subnet("10.89.0.0/24")})->ToString(), "10.89.2.0/24");
  EXPECT_EQ(ChooseSubnet({Subnet("10.88.0.0/15")})->ToString(), "10.90.0.0/24");
  EXPECT_EQ(ChooseSubnet({Subnet("10.64.0.0/10")})->ToString(), "10.128.0.0/24");
  EXPECT_EQ(ChooseSubnet({Subnet("10.89.0.0/25"), Subnet("10.89.0.128/25")})->ToString(), "10.89.1.0/24");
}

TEST(SubnetPool, NothingFree) {
  const auto chosen = ChooseSubnet({Subnet("10.0.0.0/8")});
  ASSERT_FALSE(chosen);
  EXPECT_EQ(chosen.error().code(), common::ErrorCode::kUnavailable);
  EXPECT_FALSE(ChooseSubnet({Subnet("10.64.0.0/10"), Subnet("10.128.0.0/9")}));
}

}  // namespace
}  // namespace skiff::network
