#include "runtime/capabilities.h"

#include <gmock/gmock.h>

namespace skiff::runtime {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::UnorderedElementsAreArray;

TEST(Capabilities, DefaultsAreThoseOfContainerd) {
  EXPECT_EQ(DefaultCapabilities(true).size(), 14u);
  EXPECT_THAT(DefaultCapabilities(true), Contains("CAP_NET_RAW"));
  EXPECT_THAT(DefaultCapabilities(true), Not(Contains("CAP_SYS_ADMIN")));
}

TEST(Capabilities, OutsideOfKubernetesDefaultsAreThoseOfPodman) {
  std::vector<std::string> names = DefaultCapabilities(false);
  EXPECT_EQ(names.size(), 11u);
  names.insert(names.end(), {"CAP_MKNOD", "CAP_NET_RAW", "CAP_AUDIT_WRITE"});
  EXPECT_THAT(names, UnorderedElementsAreArray(DefaultCapabilities(true)));
}

TEST(Capabilities, AddAndDropUnderstandAnySpelling) {
  const auto result =
      ComputeCapabilities(DefaultCapabilities(true), {"net_admin", "CAP_SYS_TIME"}, {"Cap_Mknod", "kill"});
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_THAT(*result, Contains("CAP_NET_ADMIN"));
  EXPECT_THAT(*result, Contains("CAP_SYS_TIME"));
  EXPECT_THAT(*result, Not(Contains("CAP_MKNOD")));
  EXPECT_THAT(*result, Not(Contains("CAP_KILL")));
  EXPECT_EQ(result->size(), 14u);
}

TEST(Capabilities, DropAllComesBeforeAdd) {
  const auto result = ComputeCapabilities(DefaultCapabilities(true), {"NET_BIND_SERVICE", "CHOWN"}, {"ALL"});
  ASSERT_TRUE(result);
  EXPECT_THAT(*result, ElementsAre("CAP_CHOWN", "CAP_NET_BIND_SERVICE"));
}

TEST(Capabilities, AddAllKeepsSingleDropsOut) {
  auto expected = AllCapabilities();
  std::erase(expected, "CAP_SYS_ADMIN");
  const auto result = ComputeCapabilities(DefaultCapabilities(true), {"all"}, {"SYS_ADMIN"});
  ASSERT_TRUE(result);
  EXPECT_THAT(*result, UnorderedElementsAreArray(expected));
}

TEST(Capabilities, OrderDoesNotDependOnTheInput) {
  const auto one = ComputeCapabilities({"CAP_KILL", "CAP_CHOWN"}, {"NET_RAW"}, {});
  const auto other = ComputeCapabilities({"CAP_CHOWN", "CAP_KILL"}, {"CAP_NET_RAW"}, {});
  ASSERT_TRUE(one && other);
  EXPECT_EQ(*one, *other);
}

TEST(Capabilities, UnknownNameGetsASuggestion) {
  const auto typo = ComputeCapabilities({}, {"NET_ADMN"}, {});
  ASSERT_FALSE(typo);
  EXPECT_EQ(typo.error().code(), common::ErrorCode::kInvalid);
  EXPECT_EQ(typo.error().message(), "unknown capability \"NET_ADMN\", did you mean \"NET_ADMIN\"?");
  const auto nonsense = ComputeCapabilities({}, {}, {"EVERYTHING_AT_ONCE"});
  ASSERT_FALSE(nonsense);
  EXPECT_EQ(nonsense.error().message(), "unknown capability \"EVERYTHING_AT_ONCE\"");
}

}  // namespace
}  // namespace skiff::runtime
