#include "cli/notation/networks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace skiff::cli {
namespace {

using Mode = pod::NetworkSpec::Mode;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

pod::NetworkSpec Parse(const std::vector<std::string>& texts) {
  pod::NetworkSpec network;
  for (const std::string& text : texts) EXPECT_TRUE(ApplyNetworkFlag(text, network)) << text;
  return network;
}

std::string ErrorOf(const NetworkFlags& flags) {
  pod::NetworkSpec network;
  const auto applied = ApplyNetworkFlags(flags, network);
  return applied ? "" : applied.error().message();
}

TEST(NetworkNotation, Modes) {
  EXPECT_EQ(Parse({"host"}).mode, Mode::kHost);
  EXPECT_EQ(Parse({"none"}).mode, Mode::kNone);
  EXPECT_EQ(Parse({"container:web"}).target, "web");
  EXPECT_EQ(Parse({"ns:/run/netns/x"}).mode, Mode::kPath);
  EXPECT_EQ(Parse({"bridge"}).networks.front().name, "");
}

TEST(NetworkNotation, SeveralNetworksWithOptions) {
  const auto several = Parse({"a,b", "c:ip=10.1.1.1,ip6=fd00::9,mac=02:00:00:00:00:01,alias=db,alias=sql,interface_name=net1"});
  ASSERT_EQ(several.networks.size(), 3u);
  EXPECT_EQ(several.networks[1].name, "b");
  EXPECT_THAT(several.networks[2].static_ips, ElementsAre("10.1.1.1", "fd00::9"));
  EXPECT_EQ(several.networks[2].static_mac, "02:00:00:00:00:01");
  EXPECT_EQ(several.networks[2].interface, "net1");
  EXPECT_THAT(several.networks[2].aliases, ElementsAre("db", "sql"));
  EXPECT_THAT(Parse({"bridge:ip=10.1.1.1"}).networks.front().static_ips, ElementsAre("10.1.1.1"));
}

TEST(NetworkNotation, RefusesWhatItCannotKeep) {
  EXPECT_THAT(ErrorOf({.networks = {"slirp4netns"}}), HasSubstr("not supported"));
  EXPECT_THAT(ErrorOf({.networks = {"bridge:frob=1"}}), HasSubstr("unknown option \"frob\""));
  EXPECT_THAT(ErrorOf({.networks = {"a,b:ip=10.1.1.1"}}), HasSubstr("one network only"));
  EXPECT_THAT(ErrorOf({.networks = {"a:ip=10.1.1"}}), HasSubstr("is not an IP address"));
  EXPECT_THAT(ErrorOf({.networks = {"a:ip6=10.1.1.1"}}), HasSubstr("is not an IPv6 address"));
  EXPECT_THAT(ErrorOf({.networks = {"a", "host"}}), HasSubstr("cannot set multiple networks"));
  EXPECT_THAT(ErrorOf({.networks = {"host", "a"}}), HasSubstr("cannot set multiple networks"));
  EXPECT_THAT(ErrorOf({.networks = {"a", "a"}}), HasSubstr("named twice"));
  EXPECT_THAT(ErrorOf({.networks = {"host:ip=10.1.1.1"}}), HasSubstr("host takes no options"));
  EXPECT_THAT(ErrorOf({.networks = {"container:"}}), HasSubstr("missing"));
}

TEST(NetworkNotation, CompanionFlags) {
  pod::NetworkSpec network;
  ASSERT_TRUE(ApplyNetworkFlags({.ip = "10.89.0.9", .ip6 = "fd00::9", .mac = "02:00:00:00:00:01", .aliases = {"db"}}, network));
  ASSERT_EQ(network.networks.size(), 1u);
  EXPECT_THAT(network.networks.front().static_ips, ElementsAre("10.89.0.9", "fd00::9"));
  EXPECT_THAT(network.networks.front().aliases, ElementsAre("db"));
  EXPECT_EQ(ErrorOf({.networks = {"a", "b"}, .ip = "10.1.1.1"}), "--ip can only be set for a single network");
  EXPECT_EQ(ErrorOf({.networks = {"host"}, .mac = "02:00:00:00:00:01"}), "--mac-address can only be set on a bridge network");
  EXPECT_EQ(ErrorOf({.networks = {"none"}, .aliases = {"x"}}), "--network-alias can only be set on a bridge network");
}

}  // namespace
}  // namespace skiff::cli
