#include "common/ids.h"

#include <gtest/gtest.h>

#include <regex>

namespace skiff::common {
namespace {

TEST(Ids, HaveTheirForms) {
  EXPECT_TRUE(std::regex_match(NewId(), std::regex("[0-9a-f]{64}")));
  EXPECT_TRUE(std::regex_match(
      NewUuid(), std::regex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")));
  EXPECT_TRUE(std::regex_match(RandomSuffix(), std::regex("[bcdfghjklmnpqrstvwxz2456789]{5}")));
  EXPECT_NE(NewId(), NewId());
}

TEST(Ids, SafeHashIsStableAndInTheAlphabet) {
  EXPECT_EQ(SafeHash("template"), SafeHash("template"));
  EXPECT_NE(SafeHash("template"), SafeHash("template2"));
  EXPECT_TRUE(std::regex_match(SafeHash(""), std::regex("[bcdfghjklmnpqrstvwxz2456789]{1,10}")));
}

}  // namespace
}  // namespace skiff::common
