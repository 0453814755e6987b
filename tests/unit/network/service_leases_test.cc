#include "network/service/service_leases.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "network/service/service_table.h"
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
  const auto first = leases.Take({.holder = "default/a", .wants_address = true});
  ASSERT_TRUE(first) << first.error().message();
  EXPECT_EQ(leases.Take({.holder = "default/a", .wants_address = true})->address, first->address);
  EXPECT_NE(leases.Take({.holder = "default/b", .wants_address = true})->address, first->address);
  const auto taken = leases.Take({.holder = "default/c", .wants_address = true, .address = first->address});
  ASSERT_FALSE(taken);
  EXPECT_THAT(taken.error().message(), HasSubstr("held by Service \"default/a\""));
  ASSERT_TRUE(leases.Release("default/a"));
  EXPECT_TRUE(leases.Take({.holder = "default/c", .wants_address = true, .address = first->address}));
}

TEST_F(ServiceLeasesTest, AddressesOutsideOfTheRange) {
  for (const char* address : {"10.97.0.1", "10.96.0.0", "10.96.0.255"}) {
    const auto refused = leases.Take({.holder = "default/a", .wants_address = true, .address = address});
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message(), HasSubstr("The range of valid IPs is 10.96.0.0/24"));
  }
}

TEST_F(ServiceLeasesTest, TwentyAtOnceAndAllAddresses) {
  std::vector<std::thread> threads;
  std::vector<std::string> addresses(20);
  for (size_t i = 0; i < addresses.size(); ++i)
    threads.emplace_back([&, i] { addresses[i] = leases.Take({.holder = std::to_string(i), .wants_address = true})->address; });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(std::set<std::string>(addresses.begin(), addresses.end()).size(), addresses.size());
  for (int i = 20; i < 254; ++i) ASSERT_TRUE(leases.Take({.holder = std::to_string(i), .wants_address = true}));
  const auto full = leases.Take({.holder = "one more", .wants_address = true});
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

TEST_F(ServiceLeasesTest, AFailureTakesNothing) {
  ASSERT_TRUE(leases.Take({.holder = "default/a", .ports = {{.protocol = "tcp", .wants_node_port = true, .node_port = 30999}}}));
  EXPECT_FALSE(leases.Take({.holder = "default/b",
                            .wants_address = true,
                            .address = "10.96.0.50",
                            .ports = {{.protocol = "tcp", .wants_node_port = true, .node_port = 30999}}}));
  EXPECT_TRUE(leases.Take({.holder = "default/c", .wants_address = true, .address = "10.96.0.50"}));
}

TEST(ServiceTable, KeysAreStable) {
  EXPECT_EQ(ServiceKey("default/web:80/tcp").size(), 16u);
  EXPECT_EQ(ServiceKey("default/web:80/tcp"), ServiceKey("default/web:80/tcp"));
  EXPECT_NE(ServiceKey("default/web:80/tcp"), ServiceKey("default/web:80/udp"));
}

TEST(ServiceTable, WrongRulesAreRefused) {
  const Ipv4Subnet range = *Ipv4Subnet::Parse("10.96.0.0/16");
  EXPECT_FALSE(BuildServiceTable({{.name = "a", .protocol = "icmp"}}, range, {}));
  EXPECT_FALSE(BuildServiceTable({{.name = "a", .protocol = "tcp", .addresses = {"x"}}}, range, {}));
  EXPECT_TRUE(BuildServiceTable({}, range, {}));
}

}  // namespace
}  // namespace skiff::network
