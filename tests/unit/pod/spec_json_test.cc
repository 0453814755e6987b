#include "pod/state/spec_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace skiff::pod {
namespace {

PodSpec FullSpec() {
  PodSpec pod;
  pod.name = "web";
  pod.kube_namespace = "shop";
  pod.uid = "b4d1";
  pod.labels = {{"app", "web"}, {"empty", ""}};
  pod.restart_policy = RestartPolicy::kOnFailure;
  pod.active_deadline_s = 0;
  pod.network = {.mode = NetworkSpec::Mode::kBridge, .networks = {{.name = "blue", .static_ips = {"10.1.2.3"}, .aliases = {"db"}}}};
  pod.dns = {.policy = DnsConfig::Policy::kNone, .nameservers = {"1.1.1.1"}, .options = {"ndots:5"}};
  pod.host_aliases = {{.ip = "10.0.0.9", .hostnames = {"db", "db.local"}}};
  pod.fs_group = 2000;
  pod.resources.cpu_quota = 150000;
  Volume secret{.name = "tls"};
  secret.files = FilesVolume{.files = {{.path = "a/key", .content = std::string("\0\xff\n\x80", 4), .mode = 0400}},
                             .memory = true};
  Volume data{.name = "data"};
  data.named = NamedVolume{.name = "claim", .read_only = true};
  pod.volumes = {secret, data};
  ContainerSpec app;
  app.name = "app";
  app.image = "busybox";
  app.command.emplace();  // an empty list is not the same as none
  app.args = {"sh", "-c", "echo \xE2\x82\xAC"};
  app.env = {{.name = "A", .value = "1", .expand = true}, {.name = "IP", .source = EnvVar::Source::kPodIp}};
  app.ports = {{.name = "http", .host_port = 8080, .container_port = 80, .protocol = Protocol::kUdp}};
  app.mounts = {{.volume = "data", .path = "/data", .propagation = Propagation::kBidirectional}};
  app.security.run_as_user = 0;
  app.security.seccomp = {.type = SeccompProfile::Type::kLocalhost, .path = "/p.json"};
  app.restart_policy = RestartPolicy::kNever;
  app.stop_timeout_s = 0;
  pod.containers = {app};
  return pod;
}

TEST(SpecJson, RoundTripKeepsEverything) {
  const PodSpec spec = FullSpec();
  const std::string text = EncodePodSpec(spec);
  const auto decoded = DecodePodSpec(text, "spec");
  ASSERT_TRUE(decoded) << decoded.error().message();
  EXPECT_EQ(EncodePodSpec(*decoded), text);
  EXPECT_EQ(decoded->volumes[0].files->files[0].content, std::string("\0\xff\n\x80", 4));
  EXPECT_EQ(decoded->volumes[0].files->files[0].mode, 0400u);
  EXPECT_FALSE(decoded->volumes[0].named);
  ASSERT_TRUE(decoded->containers[0].command);
  EXPECT_TRUE(decoded->containers[0].command->empty());
  EXPECT_EQ(decoded->containers[0].env[1].source, EnvVar::Source::kPodIp);
  EXPECT_EQ(decoded->containers[0].security.run_as_user, 0);
  EXPECT_FALSE(decoded->containers[0].security.run_as_group);
  EXPECT_EQ(decoded->containers[0].stop_timeout_s, 0);
  EXPECT_EQ(decoded->active_deadline_s, 0);
  EXPECT_EQ(decoded->labels.count("empty"), 1u);
}

TEST(SpecJson, DefaultsSurviveAnEmptyObject) {
  const auto decoded = DecodePodSpec("{}", "spec");
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->kube_namespace, "default");
  EXPECT_TRUE(decoded->manage_hosts);
  EXPECT_TRUE(decoded->manage_resolv_conf);
  EXPECT_EQ(decoded->termination_grace_s, 30);
}

TEST(SpecJson, ErrorNamesThePlace) {
  auto decoded = DecodePodSpec(R"({"containers":[{"pullPolicy":"Sometimes"}]})", "spec");
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().message(), "spec.containers[0].pullPolicy: not a known name");
  decoded = DecodePodSpec(R"({"volumes":[{"files":{"files":[{"content":"a==="}]}}]})", "spec");
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().message(), "spec.volumes[0].files.files[0].content: not base64");
}

TEST(EnumNames, EveryNameReadsBack) {
  for (const auto value : {NetworkSpec::Mode::kBridge, NetworkSpec::Mode::kHost, NetworkSpec::Mode::kNone,
                           NetworkSpec::Mode::kContainer, NetworkSpec::Mode::kPath}) {
    EXPECT_EQ(EnumFromName(static_cast<NetworkSpec::Mode*>(nullptr), EnumName(value)), value);
  }
  for (const auto value : {Propagation::kNone, Propagation::kHostToContainer, Propagation::kBidirectional}) {
    EXPECT_EQ(EnumFromName(static_cast<Propagation*>(nullptr), EnumName(value)), value);
  }
  EXPECT_EQ(EnumName(Protocol::kTcp), "tcp");
  EXPECT_FALSE(EnumFromName(static_cast<Protocol*>(nullptr), "TCP"));
}

}  // namespace
}  // namespace skiff::pod
