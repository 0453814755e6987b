#include "image/auth.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>

#include "common/base64.h"
#include "common/file.h"

namespace skiff::image {
namespace {

using testing::HasSubstr;

std::string Entry(const std::string& user, const std::string& password) {
  return "{\"auth\":\"" + common::EncodeBase64(user + ":" + password) + "\"}";
}

std::string UserFor(const AuthConfig& config, const std::string& name) {
  const auto found = config.Find(name);
  return found ? found->username : "error: " + found.error().message();
}

TEST(Auth, LongestKeyThatCoversTheNameWins) {
  const auto config = AuthConfig::Parse("{\"auths\":{\"r.example\":" + Entry("host", "a:b") + ",\"r.example/team\":" + Entry("team", "") +
                                            ",\"r.example/team/app\":" + Entry("app", "x") + ",\"other.example:5000\":" + Entry("port", "x") + "}}",
                                        "auth.json");
  ASSERT_TRUE(config) << config.error().message();
  EXPECT_EQ(UserFor(*config, "r.example/x"), "host");
  EXPECT_EQ(config->Find("r.example/x")->password, "a:b");
  EXPECT_EQ(UserFor(*config, "r.example/team/other"), "team");
  EXPECT_EQ(UserFor(*config, "r.example/teams/other"), "host");
  EXPECT_EQ(UserFor(*config, "r.example/team/app"), "app");
  EXPECT_EQ(UserFor(*config, "r.example/team/apps"), "team");
  EXPECT_EQ(UserFor(*config, "other.example/x"), "");
  EXPECT_EQ(UserFor(*config, "other.example:5000/x"), "port");
}

TEST(Auth, KeysOfDockerAndKubernetes) {
  const auto config = AuthConfig::Parse("{\"auths\":{\"https://index.docker.io/v1/\":" + Entry("hub", "x") +
                                            ",\"https://r.example/v2/\":" + Entry("r", "x") + ",\"*.wild.example\":{\"username\":\"w\",\"password\":\"p\"}}}",
                                        "secret");
  ASSERT_TRUE(config);
  EXPECT_EQ(UserFor(*config, "docker.io/library/busybox"), "hub");
  EXPECT_EQ(UserFor(*config, "r.example/a"), "r");
  EXPECT_EQ(UserFor(*config, "a.wild.example/x"), "w");
  EXPECT_EQ(UserFor(*config, "wild.example/x"), "");
  const auto old = AuthConfig::Parse("{\"r.example\":" + Entry("legacy", "x") + "}", ".dockercfg");
  ASSERT_TRUE(old);
  EXPECT_EQ(UserFor(*old, "r.example/x"), "legacy");
}

TEST(Auth, BrokenFilesAreNamed) {
  EXPECT_THAT(AuthConfig::Parse("[]", "a.json").error().message(), HasSubstr("a.json is not a JSON object"));
  EXPECT_THAT(AuthConfig::Parse("{\"auths\":[]}", "a.json").error().message(), HasSubstr("\"auths\" is not an object"));
  const auto config = AuthConfig::Parse("{\"auths\":{\"r.example\":{\"auth\":\"###\"}}}", "a.json");
  ASSERT_TRUE(config);
  EXPECT_THAT(UserFor(*config, "r.example/x"), HasSubstr("a.json: the entry for r.example is not the base64"));
}

class AuthFiles : public testing::Test {
 protected:
  AuthFiles() {
    std::string pattern = testing::TempDir() + "/skiff-auth-XXXXXX";
    root_ = ::mkdtemp(pattern.data());
    ::setenv("HOME", root_.c_str(), 1);
    ::unsetenv("DOCKER_CONFIG");
    ::setenv("REGISTRY_AUTH_FILE", (root_ + "/run/auth.json").c_str(), 1);
    paths_.user_config_dir = root_ + "/.config/containers";
  }
  ~AuthFiles() override { std::filesystem::remove_all(root_); }
  void Write(const std::string& name, const std::string& text, mode_t mode = 0644) {
    const std::string path = root_ + "/" + name;
    ASSERT_TRUE(common::MakeDirectories(path.substr(0, path.rfind('/'))));
    ASSERT_TRUE(common::WriteFile(path, text, mode));
  }
  std::string User(const AuthSources& sources, const std::string& name) {
    const auto found = FindCredentials(paths_, sources, name);
    return found ? found->username : "error: " + found.error().message();
  }
  std::string root_;
  common::SystemPaths paths_;
};

TEST_F(AuthFiles, PlacesInOrder) {
  Write(".docker/config.json", "{\"auths\":{\"r.example\":" + Entry("docker", "x") + ",\"d.example\":" + Entry("docker", "x") + "}}");
  EXPECT_EQ(User({}, "r.example/a"), "docker");
  Write(".config/containers/auth.json", "{\"auths\":{\"r.example\":" + Entry("config", "x") + "}}");
  EXPECT_EQ(User({}, "r.example/a"), "config");
  Write("run/auth.json", "{\"auths\":{\"r.example\":" + Entry("run", "x") + "}}");
  EXPECT_EQ(User({}, "r.example/a"), "run");
  EXPECT_EQ(User({}, "d.example/a"), "docker");
  AuthSources sources;
  sources.pull_secrets = {"{\"auths\":{\"r.example\":" + Entry("secret", "x") + "}}"};
  EXPECT_EQ(User(sources, "r.example/a"), "secret");
  EXPECT_EQ(User(sources, "d.example/a"), "docker");
  // A Secret made from a config of another machine: its helpers are not run.
  sources.pull_secrets = {R"({"auths":{"r.example":{}},"credsStore":"nowhere","credHelpers":{"r.example":"nowhere"}})"};
  EXPECT_EQ(User(sources, "r.example/a"), "run");
  sources.given = ParseCredentials("me:pw:with:colons");
  EXPECT_EQ(User(sources, "r.example/a"), "me");
  EXPECT_EQ(FindCredentials(paths_, sources, "r.example/a")->password, "pw:with:colons");
  sources = {};
  sources.authfile = root_ + "/nowhere.json";
  EXPECT_THAT(User(sources, "r.example/a"), HasSubstr("nowhere.json does not exist"));
}

TEST_F(AuthFiles, LoginWritesAndLogoutRemoves) {
  const std::string path = DefaultAuthFile(paths_);
  Write("run/auth.json", R"({"auths":{"https://r.example/v1/":{"auth":"b2xkOm9sZA=="},"s.example":{"auth":"czpz"}},"credHelpers":{"h.example":"none"},"x":1})");
  auto config = AuthConfig::Read(path);
  ASSERT_TRUE(config);
  ASSERT_TRUE(config->Put("r.example", {"new", "secret", ""}));
  ASSERT_TRUE(config->Write(path));
  struct stat info;
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0600u);
  config = AuthConfig::Read(path);
  EXPECT_EQ(UserFor(*config, "r.example/a"), "new");
  EXPECT_EQ(UserFor(*config, "s.example/a"), "s");
  EXPECT_TRUE(*config->Remove("r.example"));
  EXPECT_FALSE(*config->Remove("r.example"));
  EXPECT_EQ(UserFor(*config, "r.example/a"), "");
  config->Clear();
  ASSERT_TRUE(config->Write(path));
  EXPECT_THAT(*common::ReadFile(path), HasSubstr("credHelpers"));
  EXPECT_EQ(UserFor(*AuthConfig::Read(path), "s.example/a"), "");
}

TEST_F(AuthFiles, HelpersAnswer) {
  Write("bin/docker-credential-test",
        "#!/bin/sh\nread -r host\ncase $1:$host in\n"
        "get:h.example) echo '{\"ServerURL\":\"h\",\"Username\":\"helped\",\"Secret\":\"s\"}' ;;\n"
        "get:https://index.docker.io/v1/) echo '{\"Username\":\"<token>\",\"Secret\":\"idtoken\"}' ;;\n"
        "*) echo 'credentials not found in native keychain'; exit 1 ;; esac\n",
        0755);
  ::chmod((root_ + "/bin/docker-credential-test").c_str(), 0755);
  const std::string path = ::getenv("PATH");
  ::setenv("PATH", (root_ + "/bin:" + path).c_str(), 1);
  const auto config = AuthConfig::Parse(R"({"auths":{"h.example":{}},"credHelpers":{"docker.io":"test"},"credsStore":"test"})", "a.json");
  ASSERT_TRUE(config);
  EXPECT_EQ(UserFor(*config, "h.example/a"), "helped");
  EXPECT_EQ(config->Find("docker.io/library/x")->identity_token, "idtoken");
  EXPECT_EQ(UserFor(*config, "unknown.example/a"), "");
  ::setenv("PATH", path.c_str(), 1);
}

}  // namespace
}  // namespace skiff::image
