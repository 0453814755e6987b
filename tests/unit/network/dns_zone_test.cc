// The examples of the Kubernetes DNS specification 1.1.0, and podman's names.
#include "network/dns/zone.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace skiff::dns {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

std::string NameText(std::string_view wire) {
  std::string text;
  for (size_t at = 0; at < wire.size() && wire[at] != 0; at += 1 + static_cast<uint8_t>(wire[at]))
    text += std::string(wire.substr(at + 1, static_cast<uint8_t>(wire[at]))) + ".";
  return text;
}

// "A 10.0.0.1", "SRV 0 100 80 web.", "CNAME x."
std::string Text(const Record& record) {
  char address[INET6_ADDRSTRLEN];
  const auto number = [&](size_t at) {
    return std::to_string(static_cast<uint8_t>(record.data[at]) << 8 | static_cast<uint8_t>(record.data[at + 1]));
  };
  switch (record.type) {
    case kA: return std::string("A ") + ::inet_ntop(AF_INET, record.data.data(), address, sizeof address);
    case kAaaa: return std::string("AAAA ") + ::inet_ntop(AF_INET6, record.data.data(), address, sizeof address);
    case kSrv: return "SRV " + number(0) + " " + number(2) + " " + number(4) + " " + NameText(record.data.substr(6));
    case kCname: return "CNAME " + NameText(record.data);
    case kPtr: return "PTR " + NameText(record.data);
    case kTxt: return "TXT " + record.data.substr(1);
    case kSoa: return "SOA";
    default: return "?";
  }
}

std::vector<std::string> Texts(const std::vector<Record>& records) {
  std::vector<std::string> texts;
  for (const Record& record : records) texts.push_back(Text(record));
  return texts;
}

class DnsZone : public testing::Test {
 protected:
  DnsZone() {
    zone.SetHostAddresses({"10.89.0.1"});
    network::DnsServices services;
    services.services.push_back({.name = "web", .kube_namespace = "default", .addresses = {"10.96.0.7"},
                                 .ports = {{"http", "tcp", 80}, {"dns", "udp", 53}}});
    services.services.push_back({.name = "db", .kube_namespace = "default",
                                 .ports = {{"sql", "tcp", 5432}},
                                 .endpoints = {{"10.89.0.5", "db-0", {{"sql", "tcp", 5433}}}, {"10.89.0.6", "", {{"sql", "tcp", 5434}}}}});
    services.services.push_back({.name = "idle", .kube_namespace = "default", .ports = {{"x", "tcp", 1}}});
    services.services.push_back({.name = "out", .kube_namespace = "other", .external_name = "example.org"});
    zone.SetServices(services);
    zone.SetPod("1", {.names = {"db-0", "Sql"}, .addresses = {"10.89.0.5"}, .kube_namespace = "default"});
    zone.SetPod("2", {.names = {"two"}, .addresses = {"10.89.0.6", "fd00::6"}, .servers = {"192.0.2.53"}});
    zone.SetPod("3", {.names = {"two"}, .addresses = {"10.89.0.7"}});
  }

  std::vector<std::string> Answers(const std::string& name, uint16_t type = kA) {
    verdict = zone.Resolve(name, type);
    return Texts(verdict.response.answers);
  }
  Rcode RcodeOf(const std::string& name, uint16_t type = kA) { return zone.Resolve(name, type).response.rcode; }
  bool Forwards(const std::string& name, uint16_t type = kA) { return zone.Resolve(name, type).kind == Verdict::Kind::kForward; }

  Zone zone;
  Verdict verdict;
};

TEST_F(DnsZone, SchemaVersion) { EXPECT_THAT(Answers("dns-version.cluster.local", kTxt), ElementsAre("TXT 1.1.0")); }

TEST_F(DnsZone, ServiceWithAddress) {
  EXPECT_THAT(Answers("web.default.svc.cluster.local"), ElementsAre("A 10.96.0.7"));
  EXPECT_THAT(Answers("web.default.svc.cluster.local", kAaaa), IsEmpty());
  EXPECT_EQ(verdict.response.rcode, kNoError);
  EXPECT_THAT(Texts(verdict.response.authorities), ElementsAre("SOA"));
  EXPECT_EQ(RcodeOf("web.other.svc.cluster.local"), kNameError);
  EXPECT_EQ(RcodeOf("x.web.default.svc.cluster.local"), kNameError);
}

TEST_F(DnsZone, NamesOnTheWay) {
  for (const char* name : {"cluster.local", "svc.cluster.local", "pod.cluster.local", "default.svc.cluster.local",
                           "_tcp.web.default.svc.cluster.local", "dns.podman"}) {
    EXPECT_EQ(RcodeOf(name), kNoError) << name;
    EXPECT_THAT(Answers(name), IsEmpty()) << name;
  }
  for (const char* name : {"nobody.svc.cluster.local", "x.cluster.local", "_sctp.web.default.svc.cluster.local", "nobody.dns.podman"})
    EXPECT_EQ(RcodeOf(name), kNameError) << name;
  EXPECT_THAT(Answers("cluster.local", kSoa), ElementsAre("SOA"));
}

TEST_F(DnsZone, ServicePorts) {
  EXPECT_THAT(Answers("_http._tcp.web.default.svc.cluster.local", kSrv),
              ElementsAre("SRV 0 100 80 web.default.svc.cluster.local."));
  EXPECT_THAT(Texts(verdict.response.additional), ElementsAre("A 10.96.0.7"));
  EXPECT_THAT(Answers("_dns._udp.web.default.svc.cluster.local", kSrv),
              ElementsAre("SRV 0 100 53 web.default.svc.cluster.local."));
  EXPECT_EQ(RcodeOf("_http._udp.web.default.svc.cluster.local", kSrv), kNameError);
  EXPECT_EQ(RcodeOf("_http._tcp.web.default.svc.cluster.local", kA), kNoError);
}

TEST_F(DnsZone, Headless) {
  EXPECT_THAT(Answers("db.default.svc.cluster.local"), ElementsAre("A 10.89.0.5", "A 10.89.0.6"));
  EXPECT_THAT(Answers("db-0.db.default.svc.cluster.local"), ElementsAre("A 10.89.0.5"));
  EXPECT_THAT(Answers("10-89-0-6.db.default.svc.cluster.local"), ElementsAre("A 10.89.0.6"));
  EXPECT_EQ(RcodeOf("db-1.db.default.svc.cluster.local"), kNameError);
  EXPECT_THAT(Answers("_sql._tcp.db.default.svc.cluster.local", kSrv),
              ElementsAre("SRV 0 50 5433 db-0.db.default.svc.cluster.local.", "SRV 0 50 5434 10-89-0-6.db.default.svc.cluster.local."));
  EXPECT_THAT(Texts(verdict.response.additional), ElementsAre("A 10.89.0.5", "A 10.89.0.6"));
  EXPECT_EQ(RcodeOf("idle.default.svc.cluster.local"), kNameError) << "no endpoint is ready";
}

TEST_F(DnsZone, ExternalName) {
  EXPECT_THAT(Answers("out.other.svc.cluster.local"), ElementsAre("CNAME example.org."));
  EXPECT_EQ(verdict.kind, Verdict::Kind::kFollow);
  EXPECT_EQ(verdict.target, "example.org");
  EXPECT_THAT(Answers("out.other.svc.cluster.local", kCname), ElementsAre("CNAME example.org."));
  EXPECT_EQ(verdict.kind, Verdict::Kind::kAnswer);
}

TEST_F(DnsZone, PodAddresses) {
  EXPECT_THAT(Answers("10-89-0-5.default.pod.cluster.local"), ElementsAre("A 10.89.0.5"));
  EXPECT_EQ(RcodeOf("10-89-0-5.other.pod.cluster.local"), kNameError);
  EXPECT_EQ(RcodeOf("10-89-0-9.default.pod.cluster.local"), kNameError);
}

TEST_F(DnsZone, BackToNames) {
  EXPECT_THAT(Answers("7.0.96.10.in-addr.arpa", kPtr), ElementsAre("PTR web.default.svc.cluster.local."));
  EXPECT_THAT(Answers("5.0.89.10.in-addr.arpa", kPtr), ElementsAre("PTR db-0.db.default.svc.cluster.local."));
  EXPECT_THAT(Answers("6.0.89.10.in-addr.arpa", kPtr), ElementsAre("PTR 10-89-0-6.db.default.svc.cluster.local."));
  EXPECT_THAT(Answers("6.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa", kPtr), ElementsAre("PTR two."));
  EXPECT_TRUE(Forwards("8.8.8.8.in-addr.arpa", kPtr));
  EXPECT_TRUE(Forwards("x.0.96.10.in-addr.arpa", kPtr));
  EXPECT_TRUE(Forwards("96.10.in-addr.arpa", kPtr));
}

TEST_F(DnsZone, PodmanNames) {
  EXPECT_THAT(Answers("sql"), ElementsAre("A 10.89.0.5"));
  EXPECT_THAT(Answers("sql.dns.podman"), ElementsAre("A 10.89.0.5"));
  EXPECT_THAT(Answers("two"), UnorderedElementsAre("A 10.89.0.6", "A 10.89.0.7"));
  EXPECT_THAT(Answers("two", kAaaa), ElementsAre("AAAA fd00::6"));
  EXPECT_THAT(Answers("host.containers.internal"), ElementsAre("A 10.89.0.1"));
  EXPECT_THAT(Answers("host.docker.internal"), ElementsAre("A 10.89.0.1"));
  EXPECT_TRUE(Forwards("nobody"));
  EXPECT_TRUE(Forwards("example.org"));
  EXPECT_TRUE(Forwards("notcluster.local"));
  EXPECT_TRUE(Forwards(""));
}

TEST_F(DnsZone, PodsComeAndGo) {
  zone.RemovePod("3");
  EXPECT_THAT(Answers("two"), ElementsAre("A 10.89.0.6"));
  zone.RemovePod("2");
  EXPECT_TRUE(Forwards("two"));
  zone.SetPod("1", {.names = {"new"}, .addresses = {"10.89.0.9"}});
  EXPECT_TRUE(Forwards("sql"));
  EXPECT_THAT(Answers("new"), ElementsAre("A 10.89.0.9"));
  EXPECT_TRUE(zone.HasPods());
}

TEST_F(DnsZone, ServersOfAPod) {
  EXPECT_THAT(zone.ServersOf("10.89.0.6"), ElementsAre("192.0.2.53"));
  EXPECT_THAT(zone.ServersOf("10.89.0.5"), IsEmpty());
  EXPECT_THAT(zone.ServersOf("10.1.1.1"), IsEmpty());
}

}  // namespace
}  // namespace skiff::dns
