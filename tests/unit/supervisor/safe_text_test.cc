#include "pod/supervisor/safe_text.h"

#include <gtest/gtest.h>

namespace skiff::supervisor {
namespace {

TEST(SafeText, KeepsWhatIsText) {
  EXPECT_EQ(SafeText("grün 🙂\n", 100), "grün 🙂\n");
  EXPECT_EQ(SafeText("", 100), "");
}

TEST(SafeText, ReplacesWhatIsNot) {
  EXPECT_EQ(SafeText("a\xff\xc3z", 100), "a??z");
  EXPECT_EQ(SafeText("\xc0\xaf", 100), "??") << "an overlong form";
  EXPECT_EQ(SafeText("\xed\xa0\x80", 100), "???") << "half of a surrogate pair";
  EXPECT_EQ(SafeText("\xe2\x82", 100), "??") << "cut off";
}

TEST(SafeText, CutsBetweenCharacters) {
  EXPECT_EQ(SafeText("aü", 2), "a");
  EXPECT_EQ(SafeText("aü", 3), "aü");
}

}  // namespace
}  // namespace skiff::supervisor
