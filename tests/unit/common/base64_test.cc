#include "common/base64.h"

#include <gtest/gtest.h>

namespace skiff::common {
namespace {

TEST(Base64, GoesBothWays) {
  const std::string bytes("\0\xff\x10 any", 7);
  for (size_t length = 0; length <= bytes.size(); ++length) {
    EXPECT_EQ(DecodeBase64(EncodeBase64(bytes.substr(0, length))), bytes.substr(0, length));
  }
  EXPECT_EQ(EncodeBase64("x"), "eA==");
}

TEST(Base64, SkipsLineBreaksAndRefusesTheRest) {
  EXPECT_EQ(DecodeBase64("eHh4\neA==\n"), "xxxx");
  for (const char* wrong : {"e", "eA", "eA=", "=", "eA==eA==", "plain text", "***"}) {
    EXPECT_EQ(DecodeBase64(wrong), std::nullopt) << wrong;
  }
}

}  // namespace
}  // namespace skiff::common
