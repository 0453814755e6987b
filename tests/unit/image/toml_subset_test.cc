#include "image/toml_subset.h"

#include <gtest/gtest.h>

namespace skiff::image {
namespace {

TEST(TomlSubset, ReadsWhatRegistriesConfHolds) {
  const auto toml = ParseTomlSubset(R"(# comment
unqualified-search-registries = [ "a.example",  # first
  'b.example', ]
short-name-mode="permissive"
number = 12
flag = true # said so

[[registry]]
prefix = "x"
insecure = false
[[registry.mirror]]
location = "y"
ports = [1, 2]

[aliases]
  # none
  "fedora" = "registry.example/fedora"
  bare-key = 'quoted "inside"'
  "off" = ""
)",
                                     "r.conf");
  ASSERT_TRUE(toml) << toml.error().message();
  EXPECT_EQ(toml->lists.at(TomlSubset::Key("", "unqualified-search-registries")),
            (std::vector<std::string>{"a.example", "b.example"}));
  EXPECT_EQ(toml->strings.at(TomlSubset::Key("", "short-name-mode")), "permissive");
  EXPECT_EQ(toml->strings.at(TomlSubset::Key("aliases", "fedora")), "registry.example/fedora");
  EXPECT_EQ(toml->strings.at(TomlSubset::Key("aliases", "bare-key")), "quoted \"inside\"");
  EXPECT_EQ(toml->strings.at(TomlSubset::Key("aliases", "off")), "");
  EXPECT_EQ(toml->strings.at(TomlSubset::Key("registry.mirror", "location")), "y");
  EXPECT_EQ(toml->strings.size(), 6u);
  EXPECT_EQ(toml->lists.size(), 1u) << "a list of numbers is skipped";
}

TEST(TomlSubset, SaysWhereItIsBroken) {
  EXPECT_EQ(ParseTomlSubset("a = \"x\"\nb = [\"y\"\n", "f").error().message(), "f:3: a list is not closed");
  EXPECT_EQ(ParseTomlSubset("a \"x\"", "f").error().message(), "f:1: expected '=' after the key");
  EXPECT_EQ(ParseTomlSubset("a = \"x\" b", "f").error().message(), "f:1: something follows the value");
  EXPECT_EQ(ParseTomlSubset("\n[aliases", "f").error().message(), "f:2: a table's name ends with ']'");
  for (const char* text : {"a =", "= 1", "[", "[[x]", "a = [ }", "a = 'x", "a = \"\\u0041\""})
    EXPECT_FALSE(ParseTomlSubset(text, "f")) << text;
}

}  // namespace
}  // namespace skiff::image
