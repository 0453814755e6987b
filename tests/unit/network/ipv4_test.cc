#include "network/ipv4.h"

#include <gtest/gtest.h>

#include "network/subnet_pool.h"

namespace skiff::network {
namespace {

Ipv4Subnet Subnet(const char* text) { return Ipv4Subnet::Parse(text).value(); }

TEST(Ipv4, ParsesAndPrints) {
  EXPECT_EQ(Ipv4Address::Parse("10.89.0.1")->ToString(), "10.89.0.1");
  EXPECT_EQ(Subnet("10.89.0.77/24").ToString(), "10.89.0.0/24");
  EXPECT_EQ(Subnet("10.89.0.0/24").last().ToString(), "10.89.0.255");
  EXPECT_EQ(Subnet("0.0.0.0/0").last().ToString(), "255.255.255.255");
  for (const char* wrong : {"", "10.89.0", "10.89.0.256", "::1", "10.89.0.1 "})
    EXPECT_FALSE(Ipv4Address::Parse(wrong));
  for (const char* wrong : {"10.89.0.0", "10.89.0.0/", "10.89.0.0/33", "10.89.0.0/2x", "/24", "fd00::/64"})
    EXPECT_FALSE(Ipv4Subnet::Parse(wrong)) << wrong;
}

TEST(Ipv4, Overlaps) {
  EXPECT_TRUE(Subnet("10.0.0.0/8").Overlaps(Subnet("10.89.3.0/24")));
  EXPECT_TRUE(Subnet("10.89.3.0/24").Overlaps(Subnet("10.0.0.0/8")));
  EXPECT_FALSE(Subnet("10.89.3.0/24").Overlaps(Subnet("10.89.4.0/24")));
  EXPECT_TRUE(Subnet("10.89.3.7/32").Overlaps(Subnet("10.89.3.0/24")));
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
