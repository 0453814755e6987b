// Sidecars, hooks, probes and health checks.
#include "pod/supervisor/event_log.h"
#include "pod/supervisor/health_record.h"
#include "tests/unit/supervisor/root/supervisor_fixture.h"

namespace skiff::supervisor {
namespace {

using testing::ElementsAre;

// Runs on, answers the stop signal at once.
constexpr char kServe[] = "trap 'exit 0' TERM; touch /trapped; while :; do sleep 0.02; done";

Probe ExecProbe(const std::string& script) {
  Probe probe;
  probe.handler.command = {"/bin/sh", "-c", script};
  probe.period_ms = 100;
  probe.timeout_ms = 5000;
  return probe;
}

Handler ExecHook(const std::string& script) { return {.command = {"/bin/sh", "-c", script}}; }

std::vector<std::string> Events(TestPod& pod, const std::string& reason) {
  std::vector<std::string> messages;
  for (const Event& event : EventLog(pod.plan().state_dir).Read().value_or(std::vector<Event>()))
    if (event.reason == reason) messages.push_back(event.message);
  return messages;
}

pid_t KillSupervisor(TestPod& pod) {
  std::vector<pid_t> pids;
  EXPECT_TRUE(WaitUntil([&] { return !(pids = pod.ProcessesOf("skiff-supervisor")).empty(); }));
  ::kill(pids.front(), SIGKILL);
  EXPECT_TRUE(WaitUntil([&] {
    const auto now = pod.ProcessesOf("skiff-supervisor");
    return !now.empty() && now.front() != pids.front();
  }));
  EXPECT_TRUE(pod.Ask("status", "")) << "the next one answers";
  return pids.front();
}

void MakeSidecar(ContainerPlan& plan) {
  plan.init = true;
  plan.sidecar = true;
  plan.restart = "Always";
}

TEST_F(SupervisorRootTest, SidecarsStartFirstAndStopLastInReverse) {
  TestPod pod("sidecars");
  MakeSidecar(pod.AddContainer("one", kServe));
  MakeSidecar(pod.AddContainer("two", kServe));
  pod.AddContainer("main", "sleep 0.3");
  pod.plan().exit_with_containers = true;
  ASSERT_STARTS(pod);
  ASSERT_TRUE(pod.WaitForFile("one", "/trapped"));
  ASSERT_TRUE(pod.WaitForFile("two", "/trapped"));
  ASSERT_OK(WaitForPodEnd(pod.plan().run_dir, kPatience));
  const auto one = pod.StatusOf("one"), two = pod.StatusOf("two"), main = pod.StatusOf("main");
  EXPECT_LT(one.started_at, two.started_at);
  EXPECT_LT(two.started_at, main.started_at);
  EXPECT_LT(main.finished_at, two.finished_at);
  EXPECT_LT(two.finished_at, one.finished_at);
  EXPECT_EQ(one.exit_code, 0);
  EXPECT_EQ(one.restart_count, 0);
  EXPECT_FALSE(pod.Status().initialized_at.empty());
  EXPECT_EQ(pod.Leftovers(), "");
}

TEST_F(SupervisorRootTest, SidecarsServeTheOthersUntilTheyHaveStopped) {
  TestPod pod("sidestop");
  MakeSidecar(pod.AddContainer("side", kServe));
  pod.AddContainer("main", "trap 'sleep 0.4; exit 0' TERM; touch /trapped; while :; do sleep 0.02; done");
  for (auto& container : pod.plan().containers) container.grace_ms = 10'000;
  ASSERT_STARTS(pod);
  ASSERT_TRUE(pod.WaitForFile("side", "/trapped"));
  ASSERT_TRUE(pod.WaitForFile("main", "/trapped"));
  ASSERT_OK(pod.Stop());
  EXPECT_EQ(pod.StatusOf("main").exit_code, 0);
  EXPECT_EQ(pod.StatusOf("side").exit_code, 0);
  EXPECT_LT(pod.StatusOf("main").finished_at, pod.StatusOf("side").finished_at);
  EXPECT_FALSE(pod.Status().stopping_at.empty());
}

TEST_F(SupervisorRootTest, ASidecarsStartupProbeHoldsTheNextOne) {
  TestPod pod("gate");
  ContainerPlan& side = pod.AddContainer("side", "sleep 0.5; touch /up; sleep 1000");
  MakeSidecar(side);
  side.startup_probe = ExecProbe("test -e /up");
  side.startup_probe->failure_threshold = 100;
  pod.AddContainer("main", "sleep 1000");
  ASSERT_STARTS(pod);
  EXPECT_TRUE(pod.StatusOf("side").started);
  EXPECT_GE(*common::ParseTime(pod.StatusOf("main").started_at) - *common::ParseTime(pod.StatusOf("side").started_at),
            std::chrono::milliseconds(500));
  EXPECT_TRUE(pod.WaitFor([](const PodStatus& status) { return status.ready; }));
}

TEST_F(SupervisorRootTest, AFailedLivenessProbeRestarts) {
  TestPod pod("live");
  ContainerPlan& plan = pod.AddContainer("c", std::string("sleep 0.3; touch /bad; ") + kServe, "Always");
  plan.liveness_probe = ExecProbe("echo checked; test ! -e /bad");
  plan.liveness_probe->failure_threshold = 2;
  ASSERT_STARTS(pod);
  ASSERT_TRUE(pod.WaitFor([](const PodStatus& s) { return !s.containers.empty() && s.containers[0].restart_count >= 1; }));
  EXPECT_THAT(Events(pod, "Unhealthy"), testing::Contains("Liveness probe failed: checked\n"));
  EXPECT_THAT(Events(pod, "Killing"), testing::Contains("Container c failed liveness probe, will be restarted"));
}

TEST_F(SupervisorRootTest, AFailedStartupProbeKillsByItsOwnGrace) {
  TestPod pod("startup");
  ContainerPlan& plan = pod.AddContainer("c", "trap '' TERM; while :; do sleep 0.02; done");
  plan.grace_ms = 60'000;
  plan.startup_probe = ExecProbe("false");
  plan.startup_probe->failure_threshold = 2;
  plan.startup_probe->grace_ms = 200;
  plan.liveness_probe = ExecProbe("touch /liveness");
  ASSERT_STARTS(pod);
  ASSERT_TRUE(pod.WaitForState("c", "exited"));
  EXPECT_EQ(pod.StatusOf("c").exit_code, 137);
  EXPECT_FALSE(pod.StatusOf("c").started);
  EXPECT_FALSE(common::PathExists(plan.writable_dir + "/upper/liveness")) << "held back by the startup probe";
}

TEST_F(SupervisorRootTest, HttpReadinessFollowsTheServer) {
  TestPod pod("http");
  ContainerPlan& plan = pod.AddContainer(
      "c", "mkdir /www; httpd -p 8080 -h /www; while :; do if [ -e /on ]; then touch /www/ok; else rm -f /www/ok; fi; sleep 0.05; done");
  Probe probe;
  probe.handler = {.kind = Handler::Kind::kHttpGet, .port = 8080, .path = "/ok"};
  probe.period_ms = 100;
  probe.failure_threshold = 1;
  plan.readiness_probe = probe;
  ASSERT_STARTS(pod);
  const std::string failure = "Readiness probe failed: HTTP probe failed with statuscode: 404";
  EXPECT_TRUE(WaitUntil([&] { return pod.StatusOf("c").probe_failure == failure; })) << pod.StatusOf("c").probe_failure;
  EXPECT_TRUE(pod.StatusOf("c").started);
  EXPECT_FALSE(pod.StatusOf("c").ready);
  const std::string root = fmt::format("/proc/{}/root", pod.StatusOf("c").pid);
  ASSERT_OK(common::WriteFile(root + "/on", ""));
  EXPECT_TRUE(WaitUntil([&] { return pod.Status().ready; }));
  EXPECT_EQ(pod.StatusOf("c").probe_failure, "");
  KillSupervisor(pod);
  EXPECT_TRUE(pod.StatusOf("c").ready) << "what was known is not forgotten";
  ASSERT_OK(common::RemoveFile(root + "/on"));
  EXPECT_TRUE(WaitUntil([&] { return !pod.Status().ready; })) << "the next supervisor goes on probing";
  EXPECT_EQ(pod.StatusOf("c").restart_count, 0);
}

TEST_F(SupervisorRootTest, AnExecProbeIsKilledWhenItsTimeIsUp) {
  TestPod pod("slow");
  ContainerPlan& plan = pod.AddContainer("c", "sleep 1000");
  plan.readiness_probe = ExecProbe("sleep 777");
  plan.readiness_probe->timeout_ms = 100;
  ASSERT_STARTS(pod);
  ASSERT_TRUE(WaitUntil([&] { return !pod.StatusOf("c").probe_failure.empty(); }));
  EXPECT_EQ(pod.StatusOf("c").probe_failure,
            "Readiness probe failed: command timed out: \"/bin/sh -c sleep 777\" timed out after 100ms");
  plan.readiness_probe.reset();
  ASSERT_OK(pod.Stop());
  EXPECT_EQ(pod.Leftovers(), "");
}

TEST_F(SupervisorRootTest, PreStopComesBeforeTheSignalAndOnlyWhenAsked) {
  TestPod pod("prestop");
  ContainerPlan& plan = pod.AddContainer("c", "trap 'cat /hook; exit 0' TERM; touch /trapped; while :; do sleep 0.02; done");
  plan.grace_ms = 10'000;
  plan.pre_stop = ExecHook("echo said >> /hook");
  pod.AddContainer("quick", "exit 3").pre_stop = ExecHook("touch /hook");
  ASSERT_STARTS(pod);
  ASSERT_TRUE(pod.WaitForFile("c", "/trapped"));
  ASSERT_TRUE(pod.WaitForState("quick", "exited"));
  ASSERT_OK(pod.Stop());
  EXPECT_EQ(pod.Log("c"), "said\n");
  EXPECT_FALSE(common::PathExists(pod.plan().containers[1].writable_dir + "/upper/hook"));
}

TEST_F(SupervisorRootTest, AFailedHookIsAnEvent) {
  TestPod pod("hookfail");
  ContainerPlan& plan = pod.AddContainer("c", kServe);
  plan.grace_ms = 10'000;
  plan.pre_stop = ExecHook("echo broken; exit 4");
  ASSERT_STARTS(pod);
  ASSERT_TRUE(pod.WaitForFile("c", "/trapped"));
  ASSERT_OK(pod.Stop());
  EXPECT_EQ(pod.StatusOf("c").exit_code, 0) << "it is stopped all the same";
  EXPECT_THAT(Events(pod, "FailedPreStopHook"), ElementsAre("PreStopHook failed: broken\n"));
}

TEST_F(SupervisorRootTest, AHookGetsTheGracePeriodAndTheSignalTwoSeconds) {
  TestPod pod("hookslow");
  ContainerPlan& plan = pod.AddContainer("c", "trap 'sleep 0.3; exit 5' TERM; touch /trapped; while :; do sleep 0.02; done");
  plan.grace_ms = 300;
  plan.pre_stop = ExecHook("sleep 1000");
  ASSERT_STARTS(pod);
  ASSERT_TRUE(pod.WaitForFile("c", "/trapped"));
  ASSERT_OK(pod.Stop());
  EXPECT_EQ(pod.StatusOf("c").exit_code, 5);
}

TEST_F(SupervisorRootTest, AFailedPostStartHookEndsTheRun) {
  TestPod pod("poststart");
  ContainerPlan& plan = pod.AddContainer("c", kServe, "Always");
  plan.post_start = ExecHook("test -e /never");
  pod.AddContainer("next", "sleep 1000");
  ASSERT_STARTS(pod);
  ASSERT_TRUE(pod.WaitFor([](const PodStatus& s) { return !s.containers.empty() && s.containers[0].restart_count >= 1; }));
  EXPECT_EQ(Events(pod, "FailedPostStartHook").size(), 1u);
  EXPECT_TRUE(pod.WaitForState("next", "running"));
}

TEST_F(SupervisorRootTest, TheNextContainerWaitsForThePostStartHook) {
  TestPod pod("order");
  pod.AddContainer("c", kServe).post_start = ExecHook("sleep 0.4");
  pod.AddContainer("next", "sleep 1000");
  ASSERT_STARTS(pod);
  EXPECT_GE(*common::ParseTime(pod.StatusOf("next").started_at) - *common::ParseTime(pod.StatusOf("c").started_at),
            std::chrono::milliseconds(400));
}

TEST_F(SupervisorRootTest, AKilledSupervisorRunsNoHookTwice) {
  TestPod pod("hooks");
  ContainerPlan& plan = pod.AddContainer("c", "trap 'cat /hook; exit 0' TERM; touch /trapped; while :; do sleep 0.02; done");
  plan.grace_ms = 20'000;
  plan.pre_stop = ExecHook("echo begun >> /hook; sleep 1; echo done >> /hook");
  ASSERT_STARTS(pod);
  ASSERT_TRUE(pod.WaitForFile("c", "/trapped"));
  std::thread stop([&] { (void)pod.Stop(); });
  ASSERT_TRUE(WaitUntil([&] { return pod.StatusOf("c").hook.has_value(); }));
  KillSupervisor(pod);
  stop.join();
  ASSERT_OK(WaitForPodEnd(pod.plan().run_dir, kPatience));
  EXPECT_EQ(pod.Log("c"), "begun\ndone\n");
  EXPECT_EQ(pod.StatusOf("c").exit_code, 0);
}

TEST_F(SupervisorRootTest, AKilledSupervisorGivesNoNewGracePeriod) {
  TestPod pod("grace");
  pod.AddContainer("c", "trap '' TERM; while :; do sleep 0.02; done").grace_ms = 6000;
  ASSERT_STARTS(pod);
  std::thread stop([&] { (void)pod.Stop(); });
  ASSERT_TRUE(WaitUntil([&] { return !pod.StatusOf("c").stop_began_at.empty(); }));
  std::this_thread::sleep_for(std::chrono::milliseconds(4000));
  KillSupervisor(pod);
  stop.join();
  ASSERT_OK(WaitForPodEnd(pod.plan().run_dir, kPatience));
  const auto finished = common::ParseTime(pod.StatusOf("c").finished_at);
  const auto stopping = common::ParseTime(pod.Status().stopping_at);
  ASSERT_TRUE(finished && stopping) << common::EncodeJson(pod.Status());
  const auto took = *finished - *stopping;
  EXPECT_GE(took, std::chrono::milliseconds(5900));
  EXPECT_LT(took, std::chrono::milliseconds(9900)) << "a new grace period would end after ten seconds";
}

TEST_F(SupervisorRootTest, TheLastWordIsKept) {
  TestPod pod("message");
  ContainerPlan& plan = pod.AddContainer("c", "echo to the log; exit 1");
  plan.termination_message_file = plan.bundle + "/message";
  plan.message_from_log = true;
  ASSERT_STARTS(pod);
  ASSERT_TRUE(pod.WaitForState("c", "exited"));
  EXPECT_EQ(pod.StatusOf("c").termination_message, "to the log\n");
}

TEST_F(SupervisorRootTest, AnUnhealthyContainerIsRestartedIfAskedFor) {
  TestPod pod("health");
  ContainerPlan& plan = pod.AddContainer("c", std::string("touch /good; ") + kServe);
  plan.persist_writable = true;
  HealthCheck health;
  health.probe = ExecProbe("echo looked; test -e /good");
  health.probe.failure_threshold = 2;
  health.on_failure = HealthCheck::OnFailure::kRestart;
  plan.health = health;
  ASSERT_STARTS(pod);
  ASSERT_TRUE(WaitUntil([&] { return pod.StatusOf("c").health == "healthy"; })) << pod.StatusOf("c").health;
  const auto record = common::DecodeJson<HealthRecord>(
      common::ReadFile(HealthFile(pod.plan().run_dir, plan.id)).value_or(""), "record");
  ASSERT_OK(record);
  EXPECT_EQ(record->status, "healthy");
  EXPECT_EQ(record->log.back().output, "looked\n");
  const std::string before = pod.StatusOf("c").started_at;
  ASSERT_OK(common::RemoveFile(fmt::format("/proc/{}/root/good", pod.StatusOf("c").pid)));
  EXPECT_TRUE(WaitUntil([&] {
    const auto now = pod.StatusOf("c");
    return now.state == "running" && now.started_at != before;
  }));
}

TEST_F(SupervisorRootTest, ReadinessIsAnnounced) {
  TestPod pod("announce");
  ContainerPlan& plan = pod.AddContainer("c", "sleep 0.3; touch /up; sleep 1000");
  plan.readiness_probe = ExecProbe("test -e /up");
  const std::string file = pod.plan().state_dir + "/announced";
  pod.plan().readiness_command = {"/bin/sh", "-c", "echo x >> " + file};
  ASSERT_STARTS(pod);
  EXPECT_TRUE(WaitUntil([&] { return common::ReadFile(file).value_or("") == "x\n"; }));
  ASSERT_OK(pod.Stop(0));
  EXPECT_GE(common::ReadFile(file).value_or("").size(), 4u) << "the end is announced too";
}

}  // namespace
}  // namespace skiff::supervisor
