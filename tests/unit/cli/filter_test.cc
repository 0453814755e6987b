#include "cli/filter.h"

#include <gtest/gtest.h>

namespace skiff::cli {
namespace {

Filters Parse(std::vector<std::string> flags) {
  return *Filters::Parse(flags, {"name", "status", "label", "id"});
}

TEST(Filters, ValuesOfOneKeyAreAlternatives) {
  const Filters filters = Parse({"status=running", "status=exited"});
  EXPECT_TRUE(filters.Matches("status", "exited"));
  EXPECT_FALSE(filters.Matches("status", "created"));
  EXPECT_TRUE(filters.Matches("name", "anything"));
}

TEST(Filters, NamesMatchAsExpressions) {
  const Filters filters = Parse({"name=^web"});
  EXPECT_TRUE(filters.MatchesPart("name", "web-1"));
  EXPECT_FALSE(filters.MatchesPart("name", "my-web"));
  EXPECT_TRUE(Parse({"name=eb"}).MatchesPart("name", "web"));
}

TEST(Filters, AllLabelsMustHold) {
  const Filters filters = Parse({"label=a", "label=b=2"});
  EXPECT_TRUE(filters.MatchesLabels({{"a", "x"}, {"b", "2"}}));
  EXPECT_FALSE(filters.MatchesLabels({{"a", "x"}, {"b", "3"}}));
  EXPECT_FALSE(filters.MatchesLabels({{"b", "2"}}));
}

TEST(Filters, Mistakes) {
  EXPECT_EQ(Filters::Parse({"statu=x"}, {"name", "status"}).error().message(),
            "\"statu\" is an invalid filter; did you mean \"status\"?");
  EXPECT_FALSE(Filters::Parse({"status"}, {"status"}));
}

}  // namespace
}  // namespace skiff::cli
