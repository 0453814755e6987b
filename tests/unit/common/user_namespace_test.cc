#include "common/user_namespace.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace skiff::common {
namespace {

TEST(UserNamespaceTest, TheMachinesHasAllIds) {
  EXPECT_TRUE(MapsAllIds("         0          0 4294967295\n"));
  EXPECT_FALSE(MapsAllIds("         0       1234          1\n         1     100000      65536\n"));
  EXPECT_FALSE(MapsAllIds("         0       1234          1\n         1          0 4294967295\n"));
  EXPECT_FALSE(MapsAllIds(""));
}

TEST(UserNamespaceTest, IdsThatAreThere) {
  constexpr std::string_view kMap = "         0       1234          1\n         1     100000      65536\n";
  EXPECT_TRUE(MapsId(kMap, 0));
  EXPECT_TRUE(MapsId(kMap, 65536));
  EXPECT_FALSE(MapsId(kMap, 65537));
  EXPECT_FALSE(MapsId("0 1234 1\n", 5));
}

TEST(UserNamespaceTest, TheVariableSaysWhoseAndWhoKeepsIt) {
  ::setenv(UserNamespace::kVariable, "1234:77", 1);
  const auto found = UserNamespace::Current();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->user, 1234U);
  EXPECT_EQ(found->NetworkNamespace(), "/proc/77/ns/net");
  EXPECT_EQ(found->ToVariable(), "1234:77");
  for (const char* wrong : {"", "1234", "1234:", ":77", "1234:0", "1234:-1", "1234:77x", "x:77"}) {
    ::setenv(UserNamespace::kVariable, wrong, 1);
    EXPECT_FALSE(UserNamespace::Current()) << wrong;
  }
  ::unsetenv(UserNamespace::kVariable);
  EXPECT_FALSE(UserNamespace::Current());
}

}  // namespace
}  // namespace skiff::common
