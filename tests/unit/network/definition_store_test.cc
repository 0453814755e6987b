#include "network/definition_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "temp_folder.h"

namespace skiff::network {
namespace {

using ::testing::HasSubstr;

class DefinitionStoreTest : public ::testing::Test {
 protected:
  DefinitionStore::Host Host() {
    return {.subnets = [this]() -> common::Result<std::vector<IpSubnet>> { return host_; },
            .describe_overlap = [](const IpSubnet&) { return std::string("the host's route to here"); },
            .has_interface = [](const std::string& name) { return name == "skiff2" || name == "eth0"; }};
  }
  common::Result<Definition> CreateDefault() {
    Definition wanted;
    wanted.name = "skiff";
    wanted.interface = "skiff0";
    return store_.LoadOrCreate(wanted, Host());
  }
  common::Result<Definition> Create(const Definition& wanted) { return store_.Create(wanted, Host()); }
  std::string ErrorOf(const Definition& wanted) {
    const auto created = Create(wanted);
    return created ? "created " + created->name : created.error().message();
  }
  static Definition Named(const std::string& name) {
    Definition definition;
    definition.name = name;
    return definition;
  }
  static Definition With(std::vector<Subnet> subnets, std::map<std::string, std::string> options = {}) {
    Definition definition;
    definition.name = "net";
    definition.subnets = std::move(subnets);
    definition.options = std::move(options);
    return definition;
  }
  TempFolder folder_;
  DefinitionStore store_{folder_.path() + "/networks", folder_.path() + "/podman"};
  std::vector<IpSubnet> host_;
};

// What podman 4.3 wrote for: network create --subnet 10.5.0.0/24 --gateway 10.5.0.254 --ip-range 10.5.0.64/26
// --label a=b --opt mtu=1400 --opt isolate=true n1
constexpr char kFromPodman[] = R"({
     "name": "n1",
     "id": "19a9fb25c754ee79dda1be46e18ebd1f42f9d0c04743346e7c0781acc49c9c3d",
     "driver": "bridge",
     "network_interface": "podman1",
     "created": "2026-11-27T19:07:50.943619125Z",
     "subnets": [
          {
               "subnet": "10.5.0.0/24",
               "gateway": "10.5.0.254",
               "lease_range": {
                    "start_ip": "10.5.0.65",
                    "end_ip": "10.5.0.127"
               }
          }
     ],
     "ipv6_enabled": false,
     "internal": false,
     "dns_enabled": true,
     "labels": {
          "a": "b"
     },
     "options": {
          "isolate": "true",
          "mtu": "1400"
     },
     "ipam_options": {
          "driver": "host-local"
     }
}
)";

TEST_F(DefinitionStoreTest, ReadsAndWritesPodmansFormat) {
  const auto network = DecodeDefinition(kFromPodman, "n1.json");
  ASSERT_TRUE(network) << network.error().message();
  EXPECT_EQ(EncodeDefinition(*network), kFromPodman);
  EXPECT_EQ(network->mtu(), 1400u);
  EXPECT_TRUE(network->isolated());
  EXPECT_FALSE(network->strictly_isolated());
  EXPECT_EQ(network->Gateway(false), "10.5.0.254");
  EXPECT_EQ(network->Gateway(true), "");
}

TEST_F(DefinitionStoreTest, RoutesAndServersSurvive) {
  Definition network = With({{"10.6.0.0/24", "10.6.0.1", "", ""}});
  network.interface = "b6";
  network.routes = {{"10.7.0.0/16", "10.6.0.9", 50}, {"10.8.0.0/16", "10.6.0.9", std::nullopt}};
  network.dns_servers = {"192.0.2.53"};
  const std::string text = EncodeDefinition(network);
  const auto again = DecodeDefinition(text, "net.json");
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(EncodeDefinition(*again), text);
  EXPECT_THAT(text, HasSubstr("\"metric\": 50"));
}

TEST_F(DefinitionStoreTest, CreatesOnceAndKeeps) {
  const auto first = CreateDefault();
  ASSERT_TRUE(first) << first.error().message();
  EXPECT_EQ(first->subnets.front().subnet, "10.89.0.0/24");
  EXPECT_EQ(first->Gateway(false), "10.89.0.1");
  EXPECT_EQ(first->id.size(), 64u);
  host_.push_back(IpSubnet::Parse("10.89.0.0/24").value());  // our own bridge has a route later
  const auto second = CreateDefault();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->id, first->id);
  EXPECT_EQ(second->subnets.front().subnet, first->subnets.front().subnet);
}

TEST_F(DefinitionStoreTest, KeepsClearOfHostAndOtherDefinitions) {
  host_.push_back(IpSubnet::Parse("10.89.0.0/24").value());
  folder_.Write("podman/kube.json",
                R"({"name":"kube","subnets":[{"subnet":"fd00::/64"},{"subnet":"10.89.1.0/24"}]})");
  folder_.Write("podman/broken.json", "{");
  folder_.Write("networks/own.json", R"({"name":"own","subnets":[{"subnet":"10.89.2.0/24"}]})");
  const auto created = CreateDefault();
  ASSERT_TRUE(created);
  EXPECT_EQ(created->subnets.front().subnet, "10.89.3.0/24");
  EXPECT_EQ(ErrorOf(With({{"10.89.1.128/25", "", "", ""}})), "subnet 10.89.1.128/25 is already used by network kube: choose another with --subnet, or leave it out");
  EXPECT_THAT(ErrorOf(With({{"10.89.0.0/16", "", "", ""}})), HasSubstr("subnet 10.89.0.0/16 is already used by network"));
  host_.push_back(IpSubnet::Parse("192.168.7.0/24").value());
  EXPECT_EQ(ErrorOf(With({{"192.168.0.0/16", "", "", ""}})),
            "subnet 192.168.0.0/16 is already used by the host's route to here: choose another with --subnet, or leave it out");
  EXPECT_EQ(ErrorOf(With({{"10.1.0.0/24", "", "", ""}, {"10.1.0.0/25", "", "", ""}})),
            "subnet 10.1.0.0/25 overlaps 10.1.0.0/24, another one of the same network");
}

TEST_F(DefinitionStoreTest, FillsInWhatIsLeftOpen) {
  ASSERT_TRUE(CreateDefault());
  const auto first = Create({});
  ASSERT_TRUE(first) << first.error().message();
  EXPECT_EQ(first->name, "skiff1");
  EXPECT_EQ(first->interface, "skiff1");
  Definition dual = Named("dual");
  dual.ipv6 = true;
  const auto second = Create(dual);
  ASSERT_TRUE(second) << second.error().message();
  EXPECT_EQ(second->interface, "skiff3") << "the host has a skiff2";
  ASSERT_EQ(second->subnets.size(), 2u);
  EXPECT_EQ(second->Gateway(false), "10.89.2.1");
  EXPECT_THAT(second->Gateway(true), ::testing::AllOf(::testing::StartsWith("fd"), ::testing::EndsWith("::1")));
  Definition internal = Named("internal");
  internal.internal = true;
  EXPECT_EQ(Create(internal)->Gateway(false), "") << "nobody would answer there";
  EXPECT_EQ(ErrorOf(Named("dual")), "network name dual already used: network already exists");
  EXPECT_EQ(store_.List()->size(), 4u);
  EXPECT_EQ(store_.Find(second->id.substr(0, 8))->name, "dual");
  ASSERT_TRUE(store_.Remove("dual"));
  EXPECT_EQ(store_.Remove("dual").error().code(), common::ErrorCode::kNotFound);
}

TEST_F(DefinitionStoreTest, RefusesWhatWouldKeepPodsFromTheirNetwork) {
  EXPECT_EQ(ErrorOf(With({{"10.5.0.0/31", "", "", ""}})), "subnet 10.5.0.0/31 is too small: it has no address for a pod beside its gateway's");
  EXPECT_EQ(ErrorOf(With({{"10.5.0.0/24", "10.5.0.0", "", ""}})), "gateway 10.5.0.0 is the network address of subnet 10.5.0.0/24");
  EXPECT_EQ(ErrorOf(With({{"10.5.0.0/24", "10.5.0.255", "", ""}})), "gateway 10.5.0.255 is the broadcast address of subnet 10.5.0.0/24");
  EXPECT_EQ(ErrorOf(With({{"224.0.0.0/24", "", "", ""}})), "subnet 224.0.0.0/24 has no addresses that can be given to pods");
  EXPECT_EQ(ErrorOf(With({{"ff02::/64", "", "", ""}})), "subnet ff02::/64 has no addresses that can be given to pods");
  Definition routed = With({{"10.5.0.0/24", "", "", ""}});
  routed.routes = {{"10.7.0.0/16", "10.6.0.9", std::nullopt}};
  EXPECT_EQ(ErrorOf(routed), "route to 10.7.0.0/16: pods cannot reach the gateway 10.6.0.9, which is in no subnet of the network (10.5.0.0/24)");
  Definition bridge = Named("net");
  bridge.interface = "eth0";
  EXPECT_EQ(ErrorOf(bridge), "bridge name eth0 already in use: the host has an interface eth0; choose another with --interface-name");
  Definition mac = With({{"10.5.0.0/24", "", "", ""}});
  mac.driver = kMacvlanDriver;
  mac.interface = "eth1";
  EXPECT_EQ(ErrorOf(mac), "parent interface eth1 does not exist");
  mac.interface = "eth0";
  EXPECT_EQ(ErrorOf(mac), "created net");
  Definition placed = With({{"10.8.0.0/24", "", "", ""}});
  placed.name = "placed";
  placed.ipam_driver = "none";
  EXPECT_EQ(ErrorOf(placed), "none ipam driver is set but subnets are given");
}

TEST_F(DefinitionStoreTest, RefusesWhatCannotWork) {
  EXPECT_EQ(ErrorOf(With({{"10.5.0.0/24", "10.6.0.1", "", ""}})), "gateway 10.6.0.1 not in subnet 10.5.0.0/24");
  EXPECT_EQ(ErrorOf(With({{"10.5.0.0/24", "", "10.6.0.1", ""}})),
            "lease range start ip 10.6.0.1 not in subnet 10.5.0.0/24");
  EXPECT_EQ(ErrorOf(With({{"10.5.0.0/33", "", "", ""}})),
            "\"10.5.0.0/33\" is not an IP subnet: the prefix length goes from 0 to 32");
  EXPECT_EQ(ErrorOf(With({}, {{"foo", "bar"}})), "unsupported bridge network option foo: mtu, metric, no_default_route, vlan, isolate are supported");
  EXPECT_EQ(ErrorOf(With({}, {{"mtu", "bar"}})), "option mtu=bar: it must be a number between 68 and 65535");
  EXPECT_EQ(ErrorOf(With({}, {{"vlan", "5000"}})), "option vlan=5000: it must be a number between 0 and 4094");
  EXPECT_EQ(ErrorOf(With({}, {{"isolate", "maybe"}})), "option isolate=maybe: it must be one of true, false, strict");
  EXPECT_THAT(ErrorOf(Named("a b")), HasSubstr("names must match [a-zA-Z0-9][a-zA-Z0-9_.-]*"));
  Definition dhcp = Named("dhcp");
  dhcp.driver = kMacvlanDriver;
  dhcp.ipam_driver = "dhcp";
  EXPECT_THAT(ErrorOf(dhcp), HasSubstr("the ipam driver dhcp is not supported"));
  dhcp.ipam_driver = "host-local";
  EXPECT_THAT(ErrorOf(dhcp), HasSubstr("needs at least one subnet"));
  dhcp.driver = "overlay";
  EXPECT_THAT(ErrorOf(dhcp), HasSubstr("unsupported driver overlay"));
  EXPECT_EQ(store_.List()->size(), 0u);
}

TEST_F(DefinitionStoreTest, SaysWhyANetworkCannotBeUsed) {
  folder_.Write("podman/theirs.json", "{}");
  folder_.Write("networks/long.json",
                R"({"name":"long","driver":"bridge","network_interface":"0123456789abcdef",)"
                R"("subnets":[{"subnet":"10.1.0.0/24"}]})");
  EXPECT_EQ(store_.Load("none").error().code(), common::ErrorCode::kNotFound);
  EXPECT_EQ(store_.Load("none").error().message(), "unable to find network with name or ID none: network not found");
  EXPECT_THAT(store_.Load("theirs").error().message(), HasSubstr("belongs to podman"));
  EXPECT_THAT(store_.Load("long").error().message(), HasSubstr("is not a name for an interface"));
  EXPECT_THAT(store_.Load("../etc").error().message(), HasSubstr("invalid"));
}

TEST_F(DefinitionStoreTest, FirstAddressIsTheGatewayIfNoneIsNamed) {
  folder_.Write("networks/own.json", R"({"name":"own","driver":"bridge","network_interface":"own0",)"
                                     R"("subnets":[{"subnet":"10.7.0.0/16"}]})");
  const auto own = store_.Load("own");
  ASSERT_TRUE(own) << own.error().message();
  EXPECT_EQ(own->Gateway(false), "10.7.0.1");
}

}  // namespace
}  // namespace skiff::network
