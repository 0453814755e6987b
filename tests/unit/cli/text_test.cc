#include "cli/notation/text.h"

#include <gmock/gmock.h>

#include <cstdlib>

namespace skiff::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

TEST(Text, EnvFile) {
  ::setenv("SKIFF_TEST_OURS", "ours", 1);
  const auto pairs =
      ParseEnvFile("# comment\n\nA=1\n  B=x=y \r\nSKIFF_TEST_OURS\nSKIFF_TEST_ABSENT\nC=\n", "env");
  ASSERT_TRUE(pairs) << pairs.error().message();
  EXPECT_THAT(*pairs,
              ElementsAre(Pair("A", "1"), Pair("B", "x=y "), Pair("SKIFF_TEST_OURS", "ours"), Pair("C", "")));
  const auto wrong = ParseEnvFile("A=1\nnot a name=2\n", "env");
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().message(), HasSubstr("env:2:"));
}

TEST(Text, EnvFlagWithPattern) {
  ::setenv("SKIFF_TEST_P_ONE", "1", 1);
  EXPECT_THAT(ParseEnvFlag("SKIFF_TEST_P_*"), ElementsAre(Pair("SKIFF_TEST_P_ONE", "1")));
  EXPECT_THAT(ParseEnvFlag("A=b*"), ElementsAre(Pair("A", "b*")));
}

TEST(Text, SplitAndJoin) {
  EXPECT_THAT(Split("a,,b", ','), ElementsAre("a", "", "b"));
  EXPECT_THAT(Split("", ','), ElementsAre(""));
  EXPECT_EQ(Join({"a", "b"}, ", "), "a, b");
  EXPECT_THAT(PairsToMap({"a=1", "b", "a=2"}), ElementsAre(Pair("a", "2"), Pair("b", "")));
}

}  // namespace
}  // namespace skiff::cli
