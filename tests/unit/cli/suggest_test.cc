#include "cli/suggest.h"

#include <gtest/gtest.h>

namespace skiff::cli {
namespace {

TEST(Suggest, NearestWord) {
  EXPECT_EQ(Nearest("pley", {"play", "down", "generate"}), "play");
  EXPECT_EQ(Nearest("imags", {"image", "images", "info"}), "image");  // first of equals
  EXPECT_EQ(Nearest("plya", {"play", "down"}), "play");  // neighbours swapped
  EXPECT_EQ(Nearest("xyz", {"play", "down"}), "");
  EXPECT_EQ(DidYouMean("dwn", {"play", "down"}), "; did you mean \"down\"?");
  EXPECT_EQ(DidYouMean("q", {}), "");
}

}  // namespace
}  // namespace skiff::cli
