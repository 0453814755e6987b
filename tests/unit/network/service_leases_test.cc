#include "network/service/service_leases.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "temp_folder.h"

namespace skiff::network {
namespace {

using testing::HasSubstr;

class ServiceLeasesTest : public testing::Test {
 protected:
  ServiceLeasesTest() { folder.Write("etc/skiff/service-range", "10.96.0.0/24\n"); }

  static common::SystemPaths Paths(const std::string& root) {
    common::SystemPaths paths;
    paths.state_dir = root + "/state";
    paths.run_dir = root + "/run";
    paths.config_dir = root + "/etc";
    return paths;
  }

  TempFolder folder;
  ServiceLeases leases{Paths(folder.path())};
};

TEST_F(ServiceLeasesTest, AnAddressStaysAndIsNobodyElses) {
  const auto first = leases.Take({.holder = "default/a", .addresses = {{}}});
  ASSERT_TRUE(first) << first.error().message();
  EXPECT_EQ(leases.Take({.holder = "default/a", .addresses = {{}}})->addresses, first->addresses);
  EXPECT_NE(leases.Take({.holder = "default/b", .addresses = {{}}})->addresses, first->addresses);
  const auto taken = leases.Take({.holder = "default/c", .addresses = {{.wanted = first->addresses[0]}}});
  ASSERT_FALSE(taken);
  EXPECT_THAT(taken.error().message(), HasSubstr("held by Service \"default/a\""));
  ASSERT_TRUE(leases.Release("default/a"));
  EXPECT_TRUE(leases.Take({.holder = "default/c", .addresses = {{.wanted = first->addresses[0]}}}));
}

TEST_F(ServiceLeasesTest, AddressesOutsideOfTheRange) {
  for (const char* address : {"10.97.0.1", "10.96.0.0", "10.96.0.255"}) {
    const auto refused = leases.Take({.holder = "default/a", .addresses = {{.wanted = address}}});
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message(), HasSubstr("The range of valid IPs is 10.96.0.0/24"));
  }
}

TEST_F(ServiceLeasesTest, TwentyAtOnceAndAllAddresses) {
  std::vector<std::thread> threads;
  std::vector<std::string> addresses(20);
  for (size_t i = 0; i < addresses.size(); ++i)
    threads.emplace_back([&, i] { addresses[i] = leases.Take({.holder = std::to_string(i), .addresses = {{}}})->addresses[0]; });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(std::set<std::string>(addresses.begin(), addresses.end()).size(), addresses.size());
  for (int i = 20; i < 254; ++i) ASSERT_TRUE(leases.Take({.holder = std::to_string(i), .addresses = {{}}}));
  const auto full = leases.Take({.holder = "one more", .addresses = {{}}});
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code(), common::ErrorCode::kUnavailable);
}

TEST_F(ServiceLeasesTest, NodePorts) {
  const ServiceRequest request{.holder = "default/a", .ports = {{.protocol = "tcp", .wants_node_port = true},
                                                                {.protocol = "tcp", .wants_node_port = false}}};
  const auto lease = leases.Take(request);
  ASSERT_TRUE(lease) << lease.error().message();
  EXPECT_GE(lease->node_ports[0], 30000);
  EXPECT_LE(lease->node_ports[0], 32767);
  EXPECT_EQ(lease->node_ports[1], 0);
  EXPECT_EQ(leases.PortHolder("tcp", lease->node_ports[0]), "default/a");
  EXPECT_FALSE(leases.PortHolder("udp", lease->node_ports[0]));
  const auto taken = leases.Take({.holder = "default/b", .ports = {{.protocol = "tcp", .wants_node_port = true, .node_port = lease->node_ports[0]}}});
  ASSERT_FALSE(taken);
  EXPECT_THAT(taken.error().message(), HasSubstr("held by Service \"default/a\""));
  // What is not wanted any more goes.
  ASSERT_TRUE(leases.Take({.holder = "default/a"}));
  EXPECT_FALSE(leases.PortHolder("tcp", lease->node_ports[0]));
}

TEST_F(ServiceLeasesTest, AnAddressOfEachFamily) {
  folder.Write("etc/skiff/service-range-v6", "fd96::/112\n");
  const auto both = leases.Take({.holder = "default/a", .addresses = {{.v6 = true}, {}}});
  ASSERT_TRUE(both) << both.error().message();
  EXPECT_THAT(both->addresses[0], testing::StartsWith("fd96::"));
  EXPECT_THAT(both->addresses[1], testing::StartsWith("10.96.0."));
  EXPECT_EQ(leases.Take({.holder = "default/a", .addresses = {{}, {.v6 = true}}})->addresses,
            (std::vector{both->addresses[1], both->addresses[0]}));
  const auto taken = leases.Take({.holder = "default/b", .addresses = {{.v6 = true, .wanted = both->addresses[0]}}});
  ASSERT_FALSE(taken);
  EXPECT_THAT(taken.error().message(), HasSubstr("held by Service \"default/a\""));
  // However it is written.
  EXPECT_TRUE(leases.Take({.holder = "default/c", .addresses = {{.v6 = true, .wanted = "fd96:0::0:77"}}}));
  EXPECT_FALSE(leases.Take({.holder = "default/d", .addresses = {{.v6 = true, .wanted = "fd96::77"}}}));
  // One family less.
  ASSERT_TRUE(leases.Take({.holder = "default/a", .addresses = {{}}}));
  EXPECT_TRUE(leases.Take({.holder = "default/b", .addresses = {{.v6 = true, .wanted = both->addresses[0]}}}));
  folder.Write("etc/skiff/service-range-v6", "10.0.0.0/16\n");
  EXPECT_FALSE(leases.Take({.holder = "default/e", .addresses = {{.v6 = true}}}));
}

TEST_F(ServiceLeasesTest, WhoHoldsSomething) {
  ASSERT_TRUE(leases.Take({.holder = "default/a", .addresses = {{}}, .ports = {{.protocol = "tcp", .wants_node_port = true}}}));
  ASSERT_TRUE(leases.Take({.holder = "default/b", .ports = {{.protocol = "tcp", .wants_node_port = true}}}));
  EXPECT_THAT(*leases.Holders(), testing::ElementsAre("default/a", "default/b"));
  ASSERT_TRUE(leases.Release("default/a"));
  EXPECT_THAT(*leases.Holders(), testing::ElementsAre("default/b"));
}

TEST_F(ServiceLeasesTest, AFailureTakesNothing) {
  ASSERT_TRUE(leases.Take({.holder = "default/a", .ports = {{.protocol = "tcp", .wants_node_port = true, .node_port = 30999}}}));
  EXPECT_FALSE(leases.Take({.holder = "default/b",
                            .addresses = {{.wanted = "10.96.0.50"}},
                            .ports = {{.protocol = "tcp", .wants_node_port = true, .node_port = 30999}}}));
  EXPECT_TRUE(leases.Take({.holder = "default/c", .addresses = {{.wanted = "10.96.0.50"}}}));
}

}  // namespace
}  // namespace skiff::network
