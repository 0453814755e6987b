#include "network/pod_record.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "temp_folder.h"

namespace skiff::network {
namespace {

PodRecord Sample() {
  PodRecord record;
  record.pod_id = "0123";
  record.pod_name = "web";
  record.owner_pid = 42;
  record.owner_start = 4711;
  Endpoint endpoint;
  endpoint.network.name = "skiff";
  endpoint.network.interface = "skiff0";
  endpoint.network.subnets = {{"10.89.0.0/24", "10.89.0.1", "", ""}};
  endpoint.reserved = true;
  endpoint.leases = {{"skiff", "10.89.0.2", 24, "10.89.0.1", "02:73:0a:59:00:02", "eth0"}};
  endpoint.link = "veth0123";
  endpoint.interface = "eth0";
  endpoint.mac = "02:73:0a:59:00:02";
  record.endpoints.push_back(endpoint);
  record.ports.push_back({"127.0.0.1", 8080, 80, "tcp"});
  return record;
}

TEST(PodRecord, RoundTrip) {
  const std::string text = EncodePodRecord(Sample());
  EXPECT_EQ(
      text,
      R"({"podId":"0123","podName":"web","ownerPid":42,"ownerStart":4711,"endpoints":[{"network":)"
      R"({"name":"skiff","driver":"bridge","interface":"skiff0","subnets":[{"subnet":"10.89.0.0/24",)"
      R"("gateway":"10.89.0.1"}],"ipv6":false,"internal":false,"dnsEnabled":false,"ipamDriver":"host-local"},)"
      R"("reserved":true,"leases":[{"network":"skiff","address":"10.89.0.2","prefixLength":24,)"
      R"("gateway":"10.89.0.1","mac":"02:73:0a:59:00:02","interface":"eth0"}],"link":"veth0123",)"
      R"("interface":"eth0","mac":"02:73:0a:59:00:02","ownMac":false}],"ports":[{"hostIP":"127.0.0.1","hostPort":8080,"containerPort":80,"protocol":"tcp"}]})");
  const auto decoded = DecodePodRecord(text, "record");
  ASSERT_TRUE(decoded);
  EXPECT_EQ(EncodePodRecord(*decoded), text);
  EXPECT_FALSE(DecodePodRecord(R"({"ports":[{"hostPort":70000}]})", "record"));
}

TEST(PodRecords, StoresListsRemoves) {
  const TempFolder folder;
  const PodRecords records(folder.path() + "/pods", "/proc");
  EXPECT_TRUE(records.List()->empty());
  EXPECT_EQ(records.Load("0123").value(), std::nullopt);
  PodRecord record = Sample();
  ASSERT_TRUE(records.Store(record));
  EXPECT_EQ(record.owner_pid, ::getpid());
  EXPECT_TRUE(records.OwnerRuns(record));
  ASSERT_EQ(records.List()->size(), 1u);
  EXPECT_EQ(records.List()->front().pod_name, "web");
  ASSERT_TRUE(records.Remove("0123"));
  EXPECT_TRUE(records.Remove("0123"));
  EXPECT_TRUE(records.List()->empty());
}

TEST(PodRecord, PortsGoToTheFirstBridgeThatLeadsOutside) {
  PodRecord record = Sample();
  Endpoint other = record.endpoints.front();
  record.endpoints.front().network.internal = true;
  EXPECT_EQ(record.PublishingEndpoint(), nullptr);
  other.network.name = "blue";
  record.endpoints.push_back(other);
  ASSERT_NE(record.PublishingEndpoint(), nullptr);
  EXPECT_EQ(record.PublishingEndpoint()->network.name, "blue");
  record.endpoints.back().network.driver = kMacvlanDriver;
  EXPECT_EQ(record.PublishingEndpoint(), nullptr);
}

TEST(PodRecord, EachFamilyIsPublishedByTheFirstNetworkThatHasIt) {
  PodRecord record = Sample();
  Endpoint plain = record.endpoints.front();
  plain.network.name = "plain";
  plain.network.subnets = {{.subnet = "10.5.0.0/24"}};
  Endpoint dual = plain;
  dual.network.name = "dual";
  dual.network.subnets = {{.subnet = "10.6.0.0/24"}, {.subnet = "fd12:6::/64"}};
  record.endpoints = {plain, dual};
  EXPECT_EQ(record.PublishingEndpoint(false)->network.name, "plain");
  EXPECT_EQ(record.PublishingEndpoint(true)->network.name, "dual");
  EXPECT_EQ(record.PublishingEndpoint()->network.name, "plain");
  record.endpoints = {dual, plain};
  EXPECT_EQ(record.PublishingEndpoint(false)->network.name, "dual");
  record.endpoints = {plain};
  EXPECT_EQ(record.PublishingEndpoint(true), nullptr);
}

TEST(PodRecords, OwnerIsNotALaterProcessOfTheSamePid) {
  const PodRecords records("/nonexistent", "/proc");
  PodRecord record = Sample();
  record.owner_pid = ::getpid();
  record.owner_start = 1;
  EXPECT_FALSE(records.OwnerRuns(record));
}

TEST(PodRecords, UnfinishedFilesGo) {
  const TempFolder folder;
  const PodRecords records(folder.path(), "/proc");
  PodRecord record = Sample();
  ASSERT_TRUE(records.Store(record));
  folder.Write("0123.json.new", "{");
  folder.Write("4567.json.new", "{");
  ASSERT_TRUE(records.RemoveUnfinished());
  EXPECT_EQ(common::ListDirectory(folder.path()).value(),
            (std::vector<std::string>{"0123.json", "0123.json.new"}));
  ASSERT_TRUE(records.Remove("0123"));
  EXPECT_TRUE(common::ListDirectory(folder.path())->empty());
}

}  // namespace
}  // namespace skiff::network
