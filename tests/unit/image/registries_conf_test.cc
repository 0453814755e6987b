#include "image/registries_conf.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "common/file.h"
#include "image/short_names.h"

namespace skiff::image {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

RegistriesConf Conf(std::string_view text) {
  RegistriesConf conf;
  const auto merged = conf.Merge(text, "r.conf");
  EXPECT_TRUE(merged) << merged.error().message();
  return conf;
}

std::vector<std::string> Sources(const RegistriesConf& conf, const std::string& name) {
  const auto sources = conf.SourcesFor(*Reference::Parse(name));
  if (!sources) return {sources.error().message()};
  std::vector<std::string> list;
  for (const auto& source : *sources)
    list.push_back(source.host + " " + source.repository + (source.insecure ? " insecure" : ""));
  return list;
}

std::vector<std::string> Names(const std::vector<Reference>& references) {
  std::vector<std::string> list;
  for (const auto& reference : references) list.push_back(reference.ToString());
  return list;
}

const std::string kDigest = "@sha256:" + std::string(64, 'a');

TEST(RegistriesConf, WithoutRulesTheNameSaysWhere) {
  const RegistriesConf conf;
  EXPECT_THAT(Sources(conf, "quay.io/a/b:1"), ElementsAre("quay.io a/b"));
  EXPECT_THAT(Sources(conf, "docker.io/busybox"), ElementsAre("registry-1.docker.io library/busybox"));
  EXPECT_THAT(Sources(conf, "localhost:5000/x"), ElementsAre("localhost:5000 x"));
}

TEST(RegistriesConf, LongestPrefixWinsAndEndsAtAPart) {
  const RegistriesConf conf = Conf(R"(
[[registry]]
prefix = "example.com"
location = "one.example"
[[registry]]
prefix = "example.com/team"
location = "two.example:5000/mirror"
insecure = true
[[registry]]
location = "plain.example"
insecure = true
)");
  EXPECT_THAT(Sources(conf, "example.com/a"), ElementsAre("one.example a"));
  EXPECT_THAT(Sources(conf, "example.com/team/a:1"), ElementsAre("two.example:5000 mirror/a insecure"));
  EXPECT_THAT(Sources(conf, "example.com/teams/a"), ElementsAre("one.example teams/a"));
  EXPECT_THAT(Sources(conf, "example.com:5000/a"), ElementsAre("one.example:5000 a"));
  EXPECT_THAT(Sources(conf, "example.community/a"), ElementsAre("example.community a"));
  EXPECT_THAT(Sources(conf, "plain.example/a"), ElementsAre("plain.example a insecure"));
}

TEST(RegistriesConf, WildcardsStandForHostsBelow) {
  const RegistriesConf conf = Conf(R"(
[[registry]]
prefix = "*.example.com"
insecure = true
[[registry]]
prefix = "*.moved.example/team"
location = "new.example/t"
)");
  EXPECT_THAT(Sources(conf, "a.b.example.com/x"), ElementsAre("a.b.example.com x insecure"));
  EXPECT_THAT(Sources(conf, "a.example.com:5000/x"), ElementsAre("a.example.com:5000 x insecure"));
  EXPECT_THAT(Sources(conf, "example.com/x"), ElementsAre("example.com x"));
  EXPECT_THAT(Sources(conf, "badexample.com/x"), ElementsAre("badexample.com x"));
  EXPECT_THAT(Sources(conf, "old.moved.example/team/x"), ElementsAre("new.example t/x"));
  EXPECT_THAT(Sources(conf, "old.moved.example/other/x"), ElementsAre("old.moved.example other/x"));
}

TEST(RegistriesConf, MirrorsComeFirstByTheirUse) {
  const RegistriesConf conf = Conf(R"(
[[registry]]
location = "docker.io"
[[registry.mirror]]
location = "all.example/hub"
insecure = true
[[registry.mirror]]
location = "digest.example"
pull-from-mirror = "digest-only"
[[registry.mirror]]
location = "tag.example"
pull-from-mirror = "tag-only"
[[registry]]
location = "strict.example"
mirror-by-digest-only = true
[[registry.mirror]]
location = "m.example"
)");
  EXPECT_THAT(Sources(conf, "docker.io/library/a:1"),
              ElementsAre("all.example hub/library/a insecure", "tag.example library/a", "registry-1.docker.io library/a"));
  EXPECT_THAT(Sources(conf, "docker.io/library/a" + kDigest),
              ElementsAre("all.example hub/library/a insecure", "digest.example library/a", "registry-1.docker.io library/a"));
  EXPECT_THAT(Sources(conf, "strict.example/a:1"), ElementsAre("strict.example a"));
  EXPECT_THAT(Sources(conf, "strict.example/a" + kDigest), ElementsAre("m.example a", "strict.example a"));
}

TEST(RegistriesConf, BlockedIsSaid) {
  const RegistriesConf conf = Conf("[[registry]]\nlocation = \"bad.example\"\nblocked = true\n");
  EXPECT_THAT(Sources(conf, "bad.example/a"), ElementsAre("registry bad.example is blocked in registries.conf"));
}

TEST(RegistriesConf, LaterFilesReplaceRulesAndListsAndAddAliases) {
  RegistriesConf conf = Conf(R"(
unqualified-search-registries = ["a.example", "b.example"]
[aliases]
"one" = "x.example/one"
"two" = "x.example/two"
[[registry]]
location = "r.example"
insecure = true
)");
  ASSERT_TRUE(conf.Merge(R"(
unqualified-search-registries = []
short-name-mode = "enforcing"
[aliases]
"two" = ""
"three" = "y.example/three"
[[registry]]
location = "r.example"
)",
                         "later.conf"));
  EXPECT_TRUE(conf.search_registries().empty());
  EXPECT_EQ(conf.short_name_mode(), ShortNameMode::kEnforcing);
  EXPECT_EQ(conf.Alias("one"), "x.example/one");
  EXPECT_EQ(conf.Alias("two"), std::nullopt);
  EXPECT_EQ(conf.Alias("three"), "y.example/three");
  EXPECT_THAT(Sources(conf, "r.example/a"), ElementsAre("r.example a"));
}

TEST(RegistriesConf, SaysWhereItIsBroken) {
  const auto error = [](std::string_view text) {
    RegistriesConf conf;
    const auto merged = conf.Merge(text, "r.conf");
    return merged ? std::string("accepted") : merged.error().message();
  };
  EXPECT_THAT(error("a = \"x"), HasSubstr("r.conf:1:"));
  EXPECT_THAT(error("\nunqualified-search-registries = \"x\""), HasSubstr("r.conf:2:33: unqualified-search-registries must be a list"));
  EXPECT_THAT(error("[registry]\nlocation = \"x\""), HasSubstr("write [[registry]], with two brackets"));
  EXPECT_THAT(error("[[registry]]\nlocation = \"https://x\""), HasSubstr("without http://"));
  EXPECT_THAT(error("[[registry]]\ninsecure = true"), HasSubstr("needs a location or a prefix"));
  EXPECT_THAT(error("[[registry]]\nlocation = \"x\"\ninsecure = \"yes\""), HasSubstr("insecure must be true or false"));
  EXPECT_THAT(error("short-name-mode = \"maybe\""), HasSubstr("enforcing, permissive or disabled"));
  EXPECT_THAT(error("[registries.search]\nregistries = []"), HasSubstr("2018"));
}

TEST(ShortNames, LocalAndRemoteCandidates) {
  const RegistriesConf conf = Conf(R"(
unqualified-search-registries = ["a.example", "b.example/x"]
[aliases]
"tool" = "q.example/team/tool"
)");
  EXPECT_THAT(Names(LocalCandidates(conf, *Reference::Parse("tool:2"))),
              ElementsAre("q.example/team/tool:2", "localhost/tool:2", "a.example/tool:2", "b.example/x/tool:2",
                          "docker.io/library/tool:2"));
  EXPECT_THAT(Names(*PullCandidates(conf, *Reference::Parse("tool:2"))), ElementsAre("q.example/team/tool:2"));
  EXPECT_THAT(Names(*PullCandidates(conf, *Reference::Parse("other"))),
              ElementsAre("a.example/other:latest", "b.example/x/other:latest"));
  EXPECT_THAT(Names(*PullCandidates(conf, *Reference::Parse("c.example/full"))), ElementsAre("c.example/full:latest"));
}

TEST(ShortNames, RefusesToGuess) {
  const auto none = PullCandidates(RegistriesConf(), *Reference::Parse("x"));
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().message(), HasSubstr("did not resolve to an alias and no unqualified-search registries"));
  const auto several = PullCandidates(Conf("short-name-mode = \"enforcing\"\nunqualified-search-registries = [\"a.example\", \"b.example\"]"),
                                      *Reference::Parse("x"));
  ASSERT_FALSE(several);
  EXPECT_THAT(several.error().message(), HasSubstr("several registries (a.example, b.example)"));
}

TEST(RegistriesConf, ReadsDropInsOfAllPlaces) {
  std::string pattern = testing::TempDir() + "/skiff-conf-XXXXXX";
  const std::string root = ::mkdtemp(pattern.data());
  common::SystemPaths paths;
  paths.rootless = true;  // no look at the machine's own cache of aliases
  ::setenv("XDG_CACHE_HOME", (root + "/cache").c_str(), 1);
  ::unsetenv("CONTAINERS_REGISTRIES_CONF");
  paths.config_dir = paths.system_config_dir = root + "/etc";
  paths.user_config_dir = root + "/home";
  const auto write = [&](const std::string& name, const std::string& text) {
    const std::string path = root + "/" + name;
    ASSERT_TRUE(common::MakeDirectories(path.substr(0, path.rfind('/'))));
    ASSERT_TRUE(common::WriteFile(path, text));
  };
  write("etc/registries.conf", "unqualified-search-registries = [\"main.example\"]");
  write("etc/registries.conf.d/2.conf", "[aliases]\na = \"two.example/a\"");
  write("etc/registries.conf.d/1.conf", "[aliases]\na = \"one.example/a\"\nb = \"one.example/b\"");
  write("etc/registries.conf.d/ignored.txt", "broken");
  write("home/registries.conf.d/1.conf", "[aliases]\nc = \"home.example/c\"");
  write("cache/containers/short-name-aliases.conf", "[aliases]\nb = \"cached.example/b\"");
  auto conf = RegistriesConf::Load(paths);
  ASSERT_TRUE(conf) << conf.error().message();
  EXPECT_THAT(conf->search_registries(), ElementsAre("main.example"));
  EXPECT_EQ(conf->Alias("a"), "two.example/a");
  EXPECT_EQ(conf->Alias("b"), "cached.example/b");
  EXPECT_EQ(conf->Alias("c"), "home.example/c");

  write("home/registries.conf", "unqualified-search-registries = [\"home.example\"]");
  conf = RegistriesConf::Load(paths);
  ASSERT_TRUE(conf);
  EXPECT_THAT(conf->search_registries(), ElementsAre("home.example"));
  EXPECT_EQ(conf->Alias("a"), std::nullopt) << "the user's file stands for all of the system's";

  write("own.conf", "unqualified-search-registries = [\"own.example\"]");
  ::setenv("CONTAINERS_REGISTRIES_CONF", (root + "/own.conf").c_str(), 1);
  conf = RegistriesConf::Load(paths);
  ::unsetenv("CONTAINERS_REGISTRIES_CONF");
  ::unsetenv("XDG_CACHE_HOME");
  ASSERT_TRUE(conf);
  EXPECT_THAT(conf->search_registries(), ElementsAre("own.example"));
  EXPECT_EQ(conf->Alias("c"), std::nullopt);
  std::filesystem::remove_all(root);
}

}  // namespace
}  // namespace skiff::image
