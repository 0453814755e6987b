#include "network/definition_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "temp_folder.h"

namespace skiff::network {
namespace {

using ::testing::HasSubstr;

class DefinitionStoreTest : public ::testing::Test {
 protected:
  common::Result<Definition> Create() {
    return store_.LoadOrCreate("skiff", "skiff0",
                               [this]() -> common::Result<std::vector<Ipv4Subnet>> { return host_; });
  }
  TempFolder folder_;
  DefinitionStore store_{folder_.path() + "/networks", folder_.path() + "/podman"};
  std::vector<Ipv4Subnet> host_;
};

TEST_F(DefinitionStoreTest, WritesPodmansFormat) {
  const Definition definition{"skiff",        std::string(64, 'a'), "skiff0",
                              "10.89.0.0/24", "10.89.0.1",          "2026-01-02T03:04:05Z"};
  EXPECT_EQ(EncodeDefinition(definition), R"({
     "name": "skiff",
     "id": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
     "driver": "bridge",
     "network_interface": "skiff0",
     "created": "2026-01-02T03:04:05Z",
     "subnets": [
          {
               "subnet": "10.89.0.0/24",
               "gateway": "10.89.0.1"
          }
     ],
     "ipv6_enabled": false,
     "internal": false,
     "dns_enabled": false,
     "ipam_options": {
          "driver": "host-local"
     }
}
)");
}

TEST_F(DefinitionStoreTest, CreatesOnceAndKeeps) {
  const auto first = Create();
  ASSERT_TRUE(first) << first.error().message();
  EXPECT_EQ(first->subnet, "10.89.0.0/24");
  EXPECT_EQ(first->gateway, "10.89.0.1");
  EXPECT_EQ(first->id.size(), 64u);
  host_.push_back(Ipv4Subnet::Parse("10.89.0.0/24").value());  // our own bridge has a route later
  const auto second = Create();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->id, first->id);
  EXPECT_EQ(second->subnet, first->subnet);
}

TEST_F(DefinitionStoreTest, KeepsClearOfHostAndOtherDefinitions) {
  host_.push_back(Ipv4Subnet::Parse("10.89.0.0/24").value());
  folder_.Write("podman/kube.json",
                R"({"name":"kube","subnets":[{"subnet":"fd00::/64"},{"subnet":"10.89.1.0/24"}]})");
  folder_.Write("podman/broken.json", "{");
  folder_.Write("networks/own.json", R"({"name":"own","subnets":[{"subnet":"10.89.2.0/24"}]})");
  const auto created = Create();
  ASSERT_TRUE(created);
  EXPECT_EQ(created->subnet, "10.89.3.0/24");
}

TEST_F(DefinitionStoreTest, SaysWhyANetworkCannotBeUsed) {
  folder_.Write("podman/theirs.json", "{}");
  folder_.Write("networks/vlan.json", R"({"name":"vlan","driver":"macvlan","network_interface":"eth0"})");
  folder_.Write("networks/six.json", R"({"name":"six","driver":"bridge","network_interface":"b6",)"
                                     R"("subnets":[{"subnet":"fd00::/64"}]})");
  folder_.Write("networks/long.json",
                R"({"name":"long","driver":"bridge","network_interface":"0123456789abcdef",)"
                R"("subnets":[{"subnet":"10.1.0.0/24"}]})");
  EXPECT_EQ(store_.Load("none").error().code(), common::ErrorCode::kNotFound);
  EXPECT_THAT(store_.Load("none").error().message(), HasSubstr("no network \"none\""));
  EXPECT_THAT(store_.Load("theirs").error().message(), HasSubstr("belongs to podman"));
  EXPECT_THAT(store_.Load("vlan").error().message(),
              HasSubstr("driver \"macvlan\": only bridge networks can be used"));
  EXPECT_THAT(store_.Load("six").error().message(), HasSubstr("the network has no IPv4 subnet"));
  EXPECT_THAT(store_.Load("long").error().message(), HasSubstr("is not a name for a bridge"));
  EXPECT_THAT(store_.Load("../etc").error().message(), HasSubstr("is not a name of a network"));
}

TEST_F(DefinitionStoreTest, FirstAddressIsTheGatewayIfNoneIsNamed) {
  folder_.Write("networks/own.json", R"({"name":"own","driver":"bridge","network_interface":"own0",)"
                                     R"("subnets":[{"subnet":"10.7.0.0/16"}]})");
  const auto own = store_.Load("own");
  ASSERT_TRUE(own) << own.error().message();
  EXPECT_EQ(own->gateway, "10.7.0.1");
}

}  // namespace
}  // namespace skiff::network
