// Services: from YAML over addresses and ports to rules, names and variables.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_backend.h"
#include "kube/model/diagnostic.h"
#include "kube/play/down.h"
#include "kube/play/play.h"
#include "kube/play/reconcile.h"
#include "kube/view/derived_endpoints.h"
#include "manifests/loader.h"

namespace skiff::kube {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

common::Result<Object> ReadStored(const std::string& json) {
  manifests::LoadOptions options;
  options.validation = manifests::Validation::kIgnore;
  auto loaded = manifests::LoadText(json, "stored", options);
  if (loaded.objects.size() != 1) return common::MakeError(common::ErrorCode::kInternal, "{}", RenderDiagnostics(loaded.diagnostics));
  return std::move(loaded.objects.front());
}

class ServiceTest : public testing::Test {
 protected:
  std::vector<Object> Load(const std::string& yaml) {
    auto loaded = manifests::LoadText(yaml, "test.yaml", {});
    EXPECT_FALSE(HasErrors(loaded.diagnostics)) << RenderDiagnostics(loaded.diagnostics);
    return std::move(loaded.objects);
  }
  PlayReport PlayYaml(const std::string& yaml) {
    PlayReport report = Play(Load(yaml), options_, FakeFactory(engine_));
    EXPECT_THAT(report.errors, IsEmpty()) << (report.errors.empty() ? "" : report.errors.front().message());
    return report;
  }
  void SetAddress(const std::string& pod, const std::string& address) {
    engine_.Named(pod)->leases = {{.network = "skiff", .address = address, .gateway = "10.89.0.1"}};
  }
  void Reconcile() {
    FakeBackend backend(engine_);
    ASSERT_TRUE(ReconcileServices(backend, ReadStored, true));
  }
  const network::ServiceRule& Rule(size_t index = 0) { return engine_.service_state.rules.at(index); }

  FakeEngine engine_;
  PlayOptions options_{.read_object = ReadStored, .workers = 1, .node = NodeInfo{"node", 4000, 8LL << 30, 100LL << 30}};
};

constexpr char kWeb[] = R"(
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports: [{name: http, port: 80, targetPort: page}, {name: raw, port: 81}]
)";
constexpr char kPods[] = R"(
---
apiVersion: v1
kind: Pod
metadata: {name: a, labels: {app: web, more: x}}
spec: {containers: [{name: c, image: i, ports: [{name: page, containerPort: 8080}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: b, labels: {app: web}}
spec: {hostname: bee, subdomain: web, containers: [{name: c, image: i, ports: [{name: page, containerPort: 8081}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: other, labels: {app: other}}
spec: {containers: [{name: c, image: i}]}
)";

TEST_F(ServiceTest, EndpointsAreReadyPodsWithTheLabels) {
  PlayYaml(std::string(kWeb) + kPods);
  SetAddress("a", "10.89.0.2");
  SetAddress("b", "10.89.0.3");
  SetAddress("other", "10.89.0.4");
  Reconcile();
  ASSERT_THAT(engine_.service_state.rules, SizeIs(2));
  EXPECT_EQ(Rule().name, "default/web:80/tcp");
  EXPECT_THAT(Rule().addresses, ElementsAre("10.96.0.1"));
  EXPECT_THAT(Rule().endpoints, ElementsAre(network::ServiceEndpoint{"10.89.0.2", 8080}, network::ServiceEndpoint{"10.89.0.3", 8081}));
  EXPECT_THAT(Rule(1).endpoints, ElementsAre(network::ServiceEndpoint{"10.89.0.2", 81}, network::ServiceEndpoint{"10.89.0.3", 81}));
  engine_.Named("a")->containers.front().status.state = "waiting";
  engine_.Named("b")->status.state = "exited";
  Reconcile();
  EXPECT_THAT(Rule().endpoints, IsEmpty());
}

TEST_F(ServiceTest, PublishNotReadyAddresses) {
  std::string yaml = std::string(kWeb) + kPods;
  yaml.replace(yaml.find("  selector"), 0, "  publishNotReadyAddresses: true\n");
  PlayYaml(yaml);
  SetAddress("a", "10.89.0.2");
  engine_.Named("a")->containers.front().status.state = "waiting";
  Reconcile();
  EXPECT_THAT(Rule().endpoints, SizeIs(1));
}

// As kube-proxy and the EndpointSlice controller have it (ProxyTerminatingEndpoints).
TEST_F(ServiceTest, WhatTerminatesServesWhenNothingElseDoes) {
  const auto slice = [this] {
    FakeBackend backend(engine_);
    return DerivedEndpointSlices(backend)->front().ToJson();
  };
  const auto endpoints = [this] {
    FakeBackend backend(engine_);
    return DerivedEndpoints(backend)->front().ToJson();
  };
  PlayYaml(std::string(kWeb) + kPods);
  SetAddress("a", "10.89.0.2");
  SetAddress("b", "10.89.0.3");
  engine_.Named("a")->status.state = "stopping";
  Reconcile();
  EXPECT_THAT(Rule().endpoints, ElementsAre(network::ServiceEndpoint{"10.89.0.3", 8081}));
  EXPECT_THAT(Rule().leaving, ElementsAre(network::ServiceEndpoint{"10.89.0.2", 8080}));
  EXPECT_THAT(slice(), HasSubstr(R"("addresses":["10.89.0.2"],"conditions":{"ready":false,"serving":true,"terminating":true})"));
  EXPECT_THAT(endpoints(), testing::Not(HasSubstr("10.89.0.2")));
  engine_.Named("b")->status.state = "stopping";
  Reconcile();
  EXPECT_THAT(Rule().endpoints, ElementsAre(network::ServiceEndpoint{"10.89.0.2", 8080}, network::ServiceEndpoint{"10.89.0.3", 8081}));
  EXPECT_THAT(Rule().leaving, IsEmpty());
  // Its readiness probe goes on, and says no.
  engine_.Named("a")->status.initialized_at = "2024-01-01T00:00:00Z";
  Reconcile();
  EXPECT_THAT(Rule().endpoints, ElementsAre(network::ServiceEndpoint{"10.89.0.3", 8081}));
  EXPECT_THAT(slice(), HasSubstr(R"("addresses":["10.89.0.2"],"conditions":{"ready":false,"serving":false,"terminating":true})"));
  // Its container has ended.
  engine_.Named("b")->containers.front().status.state = "exited";
  Reconcile();
  EXPECT_THAT(Rule().endpoints, IsEmpty());
  EXPECT_THAT(Rule().leaving, IsEmpty());
}

TEST_F(ServiceTest, WhatTerminatesHasNoNameUnlessReadinessDoesNotMatter) {
  std::string yaml = std::string(kWeb) + kPods;
  yaml.replace(yaml.find("  selector"), 0, "  clusterIP: None\n");
  PlayYaml(yaml);
  SetAddress("a", "10.89.0.2");
  SetAddress("b", "10.89.0.3");
  engine_.Named("a")->status.state = "stopping";
  Reconcile();
  ASSERT_THAT(engine_.service_state.names.services.at(0).endpoints, SizeIs(1));
  EXPECT_EQ(engine_.service_state.names.services.at(0).endpoints[0].address, "10.89.0.3");
  yaml.replace(yaml.find("  selector"), 0, "  publishNotReadyAddresses: true\n");
  PlayYaml(yaml);
  engine_.Named("a")->status.state = "stopping";
  Reconcile();
  EXPECT_THAT(engine_.service_state.names.services.at(0).endpoints, SizeIs(2));
  FakeBackend backend(engine_);
  EXPECT_THAT(DerivedEndpoints(backend)->front().ToJson(), HasSubstr("10.89.0.2"));
  EXPECT_THAT(DerivedEndpointSlices(backend)->front().ToJson(),
              HasSubstr(R"("addresses":["10.89.0.2"],"conditions":{"ready":true,"serving":true,"terminating":true})"));
}

TEST_F(ServiceTest, APodThatIsOverIsNoEndpoint) {
  std::string yaml = std::string(kWeb) + kPods;
  yaml.replace(yaml.find("  selector"), 0, "  publishNotReadyAddresses: true\n");
  PlayYaml(yaml);
  SetAddress("a", "10.89.0.2");
  SetAddress("b", "10.89.0.3");
  engine_.End("a", 0);
  engine_.Named("a")->status.state = "running";  // its infra process still is
  engine_.Named("a")->containers.front().status.started_at = "2024-01-01T00:00:00Z";
  engine_.Named("b")->status.reason = "DeadlineExceeded";
  engine_.Named("b")->status.state = "stopping";
  Reconcile();
  EXPECT_THAT(Rule().endpoints, IsEmpty());
}

TEST_F(ServiceTest, AddressesAndPortsStay) {
  std::string yaml = kWeb;
  yaml.replace(yaml.find("  selector"), 0, "  type: NodePort\n");
  EXPECT_EQ(PlayYaml(yaml).objects.front().change, Change::kCreated);
  const auto lease = engine_.service_leases.at("default/web");
  EXPECT_EQ(PlayYaml(yaml).objects.front().change, Change::kUnchanged);
  EXPECT_EQ(engine_.service_leases.at("default/web").addresses, lease.addresses);
  EXPECT_EQ(engine_.service_leases.at("default/web").node_ports, lease.node_ports);
  // Another port: the first one's node port stays.
  yaml.replace(yaml.find(", {name: raw, port: 81}"), 23, ", {name: raw, port: 82}");
  EXPECT_EQ(PlayYaml(yaml).objects.front().change, Change::kConfigured);
  EXPECT_EQ(engine_.service_leases.at("default/web").node_ports[0], lease.node_ports[0]);
  EXPECT_NE(engine_.service_leases.at("default/web").node_ports[1], lease.node_ports[1]);
}

TEST_F(ServiceTest, TheAddressIsImmutable) {
  PlayYaml(kWeb);
  std::string yaml = kWeb;
  yaml.replace(yaml.find("  selector"), 0, "  clusterIP: 10.96.0.99\n");
  auto report = Play(Load(yaml), options_, FakeFactory(engine_));
  ASSERT_THAT(report.errors, SizeIs(1));
  EXPECT_THAT(report.errors[0].message(), HasSubstr("spec.clusterIP: Invalid value: \"10.96.0.99\": field is immutable"));
  options_.replace = true;
  PlayYaml(yaml);
  EXPECT_THAT(engine_.service_leases.at("default/web").addresses, ElementsAre("10.96.0.99"));
}

TEST_F(ServiceTest, Headless) {
  std::string yaml = std::string(kWeb) + kPods;
  yaml.replace(yaml.find("  selector"), 0, "  clusterIP: None\n");
  PlayYaml(yaml);
  SetAddress("a", "10.89.0.2");
  SetAddress("b", "10.89.0.3");
  Reconcile();
  EXPECT_TRUE(engine_.service_state.any);
  EXPECT_THAT(engine_.service_state.rules, IsEmpty());
  const network::DnsService& names = engine_.service_state.names.services.at(0);
  EXPECT_THAT(names.addresses, IsEmpty());
  ASSERT_THAT(names.endpoints, SizeIs(2));
  EXPECT_EQ(names.endpoints[0].hostname, "");
  EXPECT_EQ(names.endpoints[1].hostname, "bee");
  EXPECT_EQ(names.endpoints[1].ports.at(0).port, 8081);
  EXPECT_THAT(engine_.service_state.variables.by_namespace, IsEmpty());
}

TEST_F(ServiceTest, ExternalNameHasNoAddress) {
  PlayYaml("{apiVersion: v1, kind: Service, metadata: {name: out}, spec: {type: ExternalName, externalName: example.org}}");
  EXPECT_THAT(engine_.service_leases.at("default/out").addresses, IsEmpty());
  EXPECT_EQ(engine_.service_state.names.services.at(0).external_name, "example.org");
  PlayYaml("{apiVersion: v1, kind: Service, metadata: {name: out}, spec: {type: ExternalName, externalName: web.example.org.}}");
  EXPECT_EQ(engine_.service_state.names.services.at(0).external_name, "web.example.org");
}

TEST_F(ServiceTest, EndpointsByHand) {
  PlayYaml(R"(
apiVersion: v1
kind: Service
metadata: {name: out}
spec: {ports: [{port: 80}]}
---
apiVersion: v1
kind: Endpoints
metadata: {name: out}
subsets: [{addresses: [{ip: 192.0.2.7}], notReadyAddresses: [{ip: 192.0.2.8}], ports: [{port: 8080}]}]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: out-1, labels: {kubernetes.io/service-name: out}}
addressType: IPv4
endpoints: [{addresses: [192.0.2.9]}, {addresses: [192.0.2.10], conditions: {ready: false}},
  {addresses: [192.0.2.11], conditions: {ready: false, terminating: true}}]
ports: [{port: 8090}]
)");
  EXPECT_THAT(Rule().leaving, ElementsAre(network::ServiceEndpoint{"192.0.2.11", 8090}));
  EXPECT_THAT(Rule().endpoints, ElementsAre(network::ServiceEndpoint{"192.0.2.7", 8080}, network::ServiceEndpoint{"192.0.2.9", 8090}));
  // As slices, what was written as Endpoints is there too; the slice that was written is not derived.
  FakeBackend backend(engine_);
  const auto slices = DerivedEndpointSlices(backend);
  ASSERT_TRUE(slices) << slices.error().message();
  ASSERT_THAT(*slices, SizeIs(1));
  const std::string slice = slices->front().ToJson();
  for (const char* text : {"\"kubernetes.io/service-name\":\"out\"", "\"addressType\":\"IPv4\"", "\"port\":8080", "\"192.0.2.7\"",
                           "\"192.0.2.8\"", "endpointslicemirroring-controller.k8s.io"})
    EXPECT_THAT(slice, HasSubstr(text));
  EXPECT_THAT(slice, testing::Not(HasSubstr("192.0.2.9")));
  EXPECT_THAT(*DerivedEndpoints(backend), IsEmpty());
}

TEST_F(ServiceTest, ANameThatBeginsWithADigitIsForNewerClusters) {
  auto loaded = manifests::LoadText("{apiVersion: v1, kind: Service, metadata: {name: 1abc}, spec: {ports: [{port: 80}]}}", "test.yaml", {});
  EXPECT_FALSE(HasErrors(loaded.diagnostics));
  EXPECT_THAT(RenderDiagnostics(loaded.diagnostics), HasSubstr("metadata.name: a Service whose name begins with a digit is refused by Kubernetes before 1.36"));
  loaded = manifests::LoadText("{apiVersion: v1, kind: Service, metadata: {name: a.b}, spec: {ports: [{port: 80}]}}", "test.yaml", {});
  EXPECT_TRUE(HasErrors(loaded.diagnostics));
}

TEST_F(ServiceTest, LoadBalancerAndAffinity) {
  PlayYaml(R"(
apiVersion: v1
kind: Service
metadata: {name: lb}
spec:
  type: LoadBalancer
  sessionAffinity: ClientIP
  loadBalancerSourceRanges: [192.0.2.0/24]
  externalIPs: [203.0.113.1]
  ports: [{port: 80}]
)");
  EXPECT_EQ(Rule().host_port, 80);
  EXPECT_NE(Rule().node_port, 0);
  EXPECT_EQ(Rule().affinity_s, 10800);
  EXPECT_THAT(Rule().source_ranges, ElementsAre("192.0.2.0/24"));
  EXPECT_THAT(Rule().addresses, ElementsAre("10.96.0.1", "203.0.113.1"));
}

// The example of kube-semantics.md 15.
TEST_F(ServiceTest, Variables) {
  PlayYaml(R"(
apiVersion: v1
kind: Service
metadata: {name: redis-master}
spec: {clusterIP: 10.0.0.11, ports: [{name: db, port: 6379}]}
)");
  EXPECT_THAT(engine_.service_state.variables.by_namespace.at("default"),
              ElementsAre(Pair("REDIS_MASTER_PORT", "tcp://10.0.0.11:6379"), Pair("REDIS_MASTER_PORT_6379_TCP", "tcp://10.0.0.11:6379"),
                          Pair("REDIS_MASTER_PORT_6379_TCP_ADDR", "10.0.0.11"), Pair("REDIS_MASTER_PORT_6379_TCP_PORT", "6379"),
                          Pair("REDIS_MASTER_PORT_6379_TCP_PROTO", "tcp"), Pair("REDIS_MASTER_SERVICE_HOST", "10.0.0.11"),
                          Pair("REDIS_MASTER_SERVICE_PORT", "6379"), Pair("REDIS_MASTER_SERVICE_PORT_DB", "6379")));
}

constexpr char kDual[] = R"(
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ipFamilyPolicy: PreferDualStack, ports: [{port: 80, targetPort: page}]}
)";

TEST_F(ServiceTest, BothFamilies) {
  PlayYaml(std::string(kDual) + kPods);
  SetAddress("a", "10.89.0.2");
  SetAddress("b", "10.89.0.3");
  engine_.Named("b")->leases.push_back({.network = "skiff", .address = "fd89::3"});
  Reconcile();
  ASSERT_THAT(engine_.service_state.rules, SizeIs(2));
  EXPECT_THAT(Rule().addresses, ElementsAre("10.96.0.1"));
  EXPECT_THAT(Rule().endpoints, SizeIs(2));
  EXPECT_TRUE(Rule(1).v6);
  EXPECT_NE(Rule(1).name, Rule().name);
  EXPECT_THAT(Rule(1).addresses, ElementsAre("fd96::2"));
  EXPECT_THAT(Rule(1).endpoints, ElementsAre(network::ServiceEndpoint{"fd89::3", 8081}));
  EXPECT_THAT(engine_.service_state.names.services.at(0).addresses, ElementsAre("10.96.0.1", "fd96::2"));
  // Played again it keeps both; with one family less it loses the second; the first is fixed.
  EXPECT_EQ(PlayYaml(kDual).objects.front().change, Change::kUnchanged);
  std::string single = kDual;
  single.replace(single.find("ipFamilyPolicy: PreferDualStack, "), 33, "");
  EXPECT_EQ(PlayYaml(single).objects.front().change, Change::kConfigured);
  EXPECT_THAT(Rule().addresses, ElementsAre("10.96.0.1"));
  EXPECT_THAT(engine_.service_state.rules, SizeIs(1));
  std::string other = kDual;
  other.replace(other.find("ipFamilyPolicy"), 0, "ipFamilies: [IPv6], ");
  const auto report = Play(Load(other), options_, FakeFactory(engine_));
  ASSERT_THAT(report.errors, SizeIs(1));
  EXPECT_THAT(report.errors[0].message(), HasSubstr("spec.ipFamilies: Invalid value: \"IPv6\": field is immutable (it is IPv4)"));
}

TEST_F(ServiceTest, TheSecondAddressComesAndGoesButDoesNotChange) {
  const auto with = [](const std::string& text) {
    std::string yaml = kDual;
    return yaml.replace(yaml.find("ipFamilyPolicy: PreferDualStack, "), 33, text);
  };
  const auto addresses = [this] { return engine_.service_leases.at("default/web").addresses; };
  const std::string dual = "ipFamilyPolicy: RequireDualStack, ";
  PlayYaml(with("clusterIP: 10.96.0.7, "));
  PlayYaml(with(dual + "clusterIPs: [10.96.0.7, 'fd96::8'], "));
  EXPECT_THAT(addresses(), ElementsAre("10.96.0.7", "fd96::8"));
  const std::string changed = with(dual + "clusterIPs: [10.96.0.7, 'fd96::9'], ");
  const auto report = Play(Load(changed), options_, FakeFactory(engine_));
  ASSERT_THAT(report.errors, SizeIs(1));
  EXPECT_THAT(report.errors[0].message(), HasSubstr("Service \"web\": spec.clusterIPs[1]: Invalid value: [\"10.96.0.7\",\"fd96::9\"]: "
                                                    "may not change once set (it is fd96::8)"));
  ASSERT_TRUE(report.errors[0].position());
  EXPECT_EQ(report.errors[0].position()->line, 5);
  EXPECT_THAT(addresses(), ElementsAre("10.96.0.7", "fd96::8"));
  // Not said at all, or the same one written otherwise.
  PlayYaml(with(dual));
  EXPECT_THAT(addresses(), ElementsAre("10.96.0.7", "fd96::8"));
  PlayYaml(with(dual + "clusterIPs: [10.96.0.7, 'FD96:0::8'], "));
  // By way of one family it becomes another one.
  PlayYaml(with("ipFamilyPolicy: SingleStack, clusterIPs: [10.96.0.7], "));
  EXPECT_THAT(addresses(), ElementsAre("10.96.0.7"));
  PlayYaml(changed);
  EXPECT_THAT(addresses(), ElementsAre("10.96.0.7", "fd96::9"));
  options_.replace = true;
  PlayYaml(with(dual + "clusterIPs: [10.96.0.7, 'fd96::8'], "));
  EXPECT_THAT(addresses(), ElementsAre("10.96.0.7", "fd96::8"));
}

TEST_F(ServiceTest, Ipv6AloneAndHeadless) {
  std::string yaml = std::string(kDual) + kPods;
  yaml.replace(yaml.find("ipFamilyPolicy: PreferDualStack"), 31, "ipFamilies: [IPv6]");
  PlayYaml(yaml);
  SetAddress("a", "fd89::2");
  SetAddress("b", "10.89.0.3");
  Reconcile();
  ASSERT_THAT(engine_.service_state.rules, SizeIs(1));
  EXPECT_THAT(Rule().endpoints, ElementsAre(network::ServiceEndpoint{"fd89::2", 8080}));
  EXPECT_EQ(engine_.service_state.variables.by_namespace.at("default").at("WEB_PORT"), "tcp://[fd96::1]:80");
  std::string headless = std::string(kDual);
  headless.replace(headless.find("name: web"), 9, "name: none");
  headless.replace(headless.find("ipFamilyPolicy"), 0, "clusterIP: None, ");
  PlayYaml(headless);
  Reconcile();
  const auto& services = engine_.service_state.names.services;
  const auto found = std::find_if(services.begin(), services.end(), [](const auto& s) { return s.name == "none"; });
  ASSERT_NE(found, services.end());
  EXPECT_THAT(found->endpoints, SizeIs(2));
}

TEST_F(ServiceTest, LeasesOfWhatIsNotStoredGoWithTheNextPlay) {
  engine_.service_leases["default/ghost"] = {};
  engine_.service_leases["default/busy"] = {};
  engine_.lock_file = testing::TempDir() + "/service-locks";
  const auto lock = ObjectLocks::TryAcquire(engine_.lock_file, {"Service", "default", "busy"});
  ASSERT_TRUE(lock);
  EXPECT_EQ(ObjectLocks::TryAcquire(engine_.lock_file, {"Service", "default", "busy"}).error().code(), common::ErrorCode::kBusy);
  PlayYaml(kWeb);
  EXPECT_FALSE(engine_.service_leases.contains("default/ghost"));
  EXPECT_TRUE(engine_.service_leases.contains("default/busy"));
  EXPECT_TRUE(engine_.service_leases.contains("default/web"));
}

TEST_F(ServiceTest, DownTakesAllAway) {
  PlayYaml(kWeb);
  const auto report = Down(Load(kWeb), {.read_object = ReadStored}, FakeFactory(engine_));
  EXPECT_THAT(report.errors, IsEmpty());
  EXPECT_THAT(engine_.service_leases, IsEmpty());
  EXPECT_FALSE(engine_.service_state.any);
}

}  // namespace
}  // namespace skiff::kube
