#include "network/lease_store.h"

#include <gtest/gtest.h>

#include <set>

#include "temp_folder.h"

namespace skiff::network {
namespace {

class LeaseStoreTest : public ::testing::Test {
 protected:
  std::string TakeAny(const std::string& pod) {
    const auto address = store_.TakeAny("skiff", subnet_, pod);
    return address ? address->ToString() : address.error().message();
  }
  static IpAddress Address(const char* text) { return IpAddress::Parse(text).value(); }

  TempFolder folder_;
  LeaseStore store_{folder_.path() + "/leases", folder_.path() + "/networks"};
  Subnet subnet_{"10.89.0.0/29", "10.89.0.1", "", ""};
};

TEST_F(LeaseStoreTest, GoesOnFromTheLastOneGiven) {
  EXPECT_EQ(TakeAny("a"), "10.89.0.2");
  EXPECT_EQ(TakeAny("b"), "10.89.0.3");
  ASSERT_TRUE(store_.Release("skiff", Address("10.89.0.2"), "a"));
  ASSERT_TRUE(store_.Release("skiff", Address("10.89.0.3"), "b"));
  EXPECT_EQ(TakeAny("c"), "10.89.0.4") << "not one that has just been released";
}

TEST_F(LeaseStoreTest, RemembersAfterTheLastPodHasGone) {
  EXPECT_EQ(TakeAny("a"), "10.89.0.2");
  ASSERT_TRUE(store_.Release("skiff", Address("10.89.0.2"), "a"));
  EXPECT_TRUE(store_.RemoveIfEmpty("skiff").value());
  EXPECT_TRUE(store_.RemoveIfEmpty().value());
  EXPECT_EQ(TakeAny("b"), "10.89.0.3");
}

TEST_F(LeaseStoreTest, WrapsAroundAndEnds) {
  std::set<std::string> given;
  for (int i = 0; i < 5; ++i) given.insert(TakeAny("pod" + std::to_string(i)));
  EXPECT_EQ(given, (std::set<std::string>{"10.89.0.2", "10.89.0.3", "10.89.0.4", "10.89.0.5", "10.89.0.6"}));
  EXPECT_EQ(
      TakeAny("late"),
      "network skiff: every address of 10.89.0.0/29 is held by a pod; remove pods or use another network");
  ASSERT_TRUE(store_.Release("skiff", Address("10.89.0.3"), "pod1"));
  EXPECT_EQ(TakeAny("late"), "10.89.0.3");
}

TEST_F(LeaseStoreTest, KeepsToTheRange) {
  subnet_.range_start = "10.89.0.3";
  subnet_.range_end = "10.89.0.4";
  EXPECT_EQ(TakeAny("a"), "10.89.0.3");
  EXPECT_EQ(TakeAny("b"), "10.89.0.4");
  EXPECT_NE(TakeAny("c").find("every address"), std::string::npos);
}

TEST_F(LeaseStoreTest, GivesIpv6Addresses) {
  subnet_ = {"fd00:1::/64", "fd00:1::1", "", ""};
  EXPECT_EQ(TakeAny("a"), "fd00:1::2");
  EXPECT_EQ(TakeAny("b"), "fd00:1::3");
  EXPECT_EQ(store_.Holder(Address("fd00:1::3")), "b");
  EXPECT_EQ(store_.Holder(Address("fd00:1::4")), std::nullopt);
}

TEST_F(LeaseStoreTest, SubnetsWithoutRoom) {
  subnet_ = {"10.89.0.8/32", "", "", ""};
  EXPECT_NE(TakeAny("a").find("every address"), std::string::npos);
  subnet_ = {"10.89.0.8/30", "10.89.0.9", "", ""};
  EXPECT_EQ(TakeAny("a"), "10.89.0.10");
  EXPECT_NE(TakeAny("b").find("every address"), std::string::npos);
}

TEST_F(LeaseStoreTest, BelongsToItsHolder) {
  ASSERT_TRUE(store_.Take("skiff", Address("10.89.0.4"), "a"));
  EXPECT_TRUE(store_.Take("skiff", Address("10.89.0.4"), "a"));
  const auto other = store_.Take("skiff", Address("10.89.0.4"), "b");
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code(), common::ErrorCode::kExists);
  ASSERT_TRUE(store_.Release("skiff", Address("10.89.0.4"), "b"));
  EXPECT_EQ(store_.Holder("skiff", Address("10.89.0.4")), "a");
  EXPECT_FALSE(store_.RemoveIfEmpty("skiff").value());
  ASSERT_TRUE(store_.ReleaseAll("skiff", "a"));
  EXPECT_EQ(store_.Holder("skiff", Address("10.89.0.4")), std::nullopt);
  EXPECT_FALSE(store_.HasLeases("skiff"));
}

TEST_F(LeaseStoreTest, BrokenCursorCostsNothing) {
  folder_.Write("networks/skiff.last", "192.168.0.1");
  EXPECT_EQ(TakeAny("a"), "10.89.0.2");
  folder_.Write("networks/skiff.last", "");
  EXPECT_EQ(TakeAny("b"), "10.89.0.3");
}

}  // namespace
}  // namespace skiff::network
