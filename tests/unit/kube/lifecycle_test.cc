// Probes, hooks and restart rules on their way to a pod's spec and back.
#include <gmock/gmock.h>

#include "kube/generate/lifecycle_from_spec.h"
#include "kube/translate/translate.h"
#include "objects.h"

namespace skiff::kube {
namespace {

using supervisor::Handler;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class LifecycleTest : public testing::Test {
 protected:
  pod::ContainerSpec Translate() {
    const PodIdentity identity{"web", "default", "uid-1", {}, {}};
    return TranslatePod({object_.As<Pod>()->spec, identity, "spec", node_, config_, problems_}).containers.front();
  }
  Container& Main() { return FirstContainer(object_); }

  Object object_ = MakePod("web");
  NodeInfo node_{"node", 4000, 8LL << 30, 100LL << 30};
  ConfigSource config_;
  Problems problems_{object_};
};

TEST_F(LifecycleTest, TimesHaveKubernetesDefaults) {
  Main().liveness_probe.emplace().exec.emplace().command = {"true"};
  Main().liveness_probe->timeout_seconds = 0;
  Main().liveness_probe->period_seconds = 0;
  const auto probe = *Translate().liveness_probe;
  EXPECT_EQ(probe.period_ms, 10'000);
  EXPECT_EQ(probe.timeout_ms, 1'000);
  EXPECT_EQ(probe.success_threshold, 1);
  EXPECT_EQ(probe.failure_threshold, 3);
  EXPECT_EQ(probe.initial_delay_ms, 0);
  EXPECT_EQ(probe.grace_ms, std::nullopt);
}

TEST_F(LifecycleTest, AnUnknownStopSignalIsToldAtItsField) {
  for (const char* known : {"SIGUSR1", "SIGRTMIN+3", "SIGRTMAX", "SIGIO", "SIGPOLL", "SIGCLD", "SIGIOT"}) {
    Main().lifecycle.emplace().stop_signal = known;
    Translate();
    EXPECT_THAT(problems_.errors(), IsEmpty()) << known;
  }
  for (const char* unknown : {"SIGNONE", "TERM", "15"}) {
    Main().lifecycle.emplace().stop_signal = unknown;
    Translate();
    EXPECT_THAT(problems_.errors().back().message(),
                testing::HasSubstr("spec.containers[0].lifecycle.stopSignal: Unsupported value: \"" + std::string(unknown) + "\""));
  }
  EXPECT_THAT(problems_.errors(), SizeIs(3));
}

TEST_F(LifecycleTest, PortsAreLookedUpByTheirNames) {
  Main().ports = {{.name = "web", .container_port = 8080}};
  Main().readiness_probe.emplace().http_get = HttpGetAction{.path = "/x", .port = {.is_string = true, .text = "web"}};
  Main().startup_probe.emplace().tcp_socket = TcpSocketAction{.port = {.is_string = true, .text = "none"}};
  EXPECT_EQ(Translate().readiness_probe->handler.port, 8080);
  ASSERT_THAT(problems_.errors(), SizeIs(1));
  EXPECT_THAT(problems_.errors()[0].message(),
              HasSubstr("spec.containers[0].startupProbe.tcpSocket.port: the container has no port named \"none\""));
}

TEST_F(LifecycleTest, ThereAndBackAgain) {
  Container& in = Main();
  in.startup_probe.emplace().grpc = GrpcAction{50051, "svc"};
  in.startup_probe->failure_threshold = 30;
  in.liveness_probe.emplace().http_get =
      HttpGetAction{.path = "/a?b", .port = {.number = 80}, .host = "h", .scheme = "HTTPS", .http_headers = {{"X", "y"}}};
  in.liveness_probe->termination_grace_period_seconds = 7;
  in.readiness_probe.emplace().tcp_socket = TcpSocketAction{.port = {.number = 5432}};
  in.readiness_probe->initial_delay_seconds = 3;
  in.readiness_probe->success_threshold = 2;
  Lifecycle& lifecycle = in.lifecycle.emplace();
  lifecycle.post_start.emplace().exec.emplace().command = {"echo", "hi"};
  lifecycle.pre_stop.emplace().sleep = SleepAction{5};
  lifecycle.stop_signal = "SIGUSR1";
  in.restart_policy = "Never";
  in.restart_policy_rules = {{"RestartAllContainers", RestartRuleExitCodes{"NotIn", {0, 1}}}};
  in.termination_message_policy = "FallbackToLogsOnError";
  const pod::ContainerSpec spec = Translate();
  ASSERT_THAT(problems_.errors(), IsEmpty());
  EXPECT_TRUE(spec.liveness_probe->handler.https);
  EXPECT_EQ(spec.liveness_probe->grace_ms, 7'000);
  EXPECT_EQ(spec.pre_stop->kind, Handler::Kind::kSleep);
  EXPECT_EQ(spec.stop_signal, "SIGUSR1");
  EXPECT_TRUE(spec.restart_rules.at(0).all);

  Container out;
  std::vector<std::string> warnings;
  AddLifecycle(spec, out, warnings);
  EXPECT_THAT(warnings, IsEmpty());
  EXPECT_EQ(out.startup_probe->grpc->service, "svc");
  EXPECT_EQ(out.startup_probe->failure_threshold, 30);
  EXPECT_EQ(out.startup_probe->period_seconds, std::nullopt) << "what is usual is not written";
  EXPECT_EQ(out.liveness_probe->http_get->path, "/a?b");
  EXPECT_EQ(out.liveness_probe->http_get->scheme, "HTTPS");
  EXPECT_EQ(out.liveness_probe->http_get->host, "h");
  EXPECT_EQ(out.liveness_probe->http_get->http_headers.at(0).value, "y");
  EXPECT_EQ(out.liveness_probe->termination_grace_period_seconds, 7);
  EXPECT_EQ(out.readiness_probe->tcp_socket->port.number, 5432);
  EXPECT_EQ(out.readiness_probe->initial_delay_seconds, 3);
  EXPECT_EQ(out.readiness_probe->success_threshold, 2);
  EXPECT_THAT(out.lifecycle->post_start->exec->command, ElementsAre("echo", "hi"));
  EXPECT_EQ(out.lifecycle->pre_stop->sleep->seconds, 5);
  EXPECT_EQ(out.lifecycle->stop_signal, "SIGUSR1");
  EXPECT_EQ(out.restart_policy_rules.at(0).exit_codes->match, "NotIn");
  EXPECT_THAT(out.restart_policy_rules.at(0).exit_codes->values, ElementsAre(0, 1));
  EXPECT_EQ(out.termination_message_policy, "FallbackToLogsOnError");
}

TEST_F(LifecycleTest, ASidecarIsAnInitContainerThatGoesOn) {
  Container side = Main();
  side.name = "side";
  side.restart_policy = "Always";
  object_.As<Pod>()->spec.init_containers = {side};
  const PodIdentity identity{"web", "default", "uid-1", {}, {}};
  const auto spec = TranslatePod({object_.As<Pod>()->spec, identity, "spec", node_, config_, problems_});
  EXPECT_TRUE(spec.init_containers.at(0).init);
  EXPECT_TRUE(spec.init_containers.at(0).sidecar);
  EXPECT_EQ(spec.init_containers.at(0).restart_policy, pod::RestartPolicy::kAlways);
  Container out;
  std::vector<std::string> warnings;
  AddLifecycle(spec.init_containers.at(0), out, warnings);
  EXPECT_EQ(out.restart_policy, "Always");
}

TEST_F(LifecycleTest, AHealthCheckOfRunBecomesALivenessProbe) {
  pod::ContainerSpec spec;
  spec.name = "c";
  supervisor::HealthCheck health;
  health.probe.handler.command = {"/bin/sh", "-c", "true"};
  health.probe.period_ms = 1500;
  spec.health = health;
  Container out;
  std::vector<std::string> warnings;
  AddLifecycle(spec, out, warnings);
  EXPECT_THAT(out.liveness_probe->exec->command, ElementsAre("/bin/sh", "-c", "true"));
  EXPECT_EQ(out.liveness_probe->period_seconds, 2);
  EXPECT_THAT(warnings, SizeIs(1));
}

}  // namespace
}  // namespace skiff::kube
