// Start, order, logs, ends and restarts.
#include "tests/unit/supervisor/root/supervisor_fixture.h"

namespace skiff::supervisor {
namespace {

TEST_F(SupervisorRootTest, RunsLogsAndStops) {
  TestPod pod("runs");
  pod.AddContainer("c", "trap 'echo bye; exit 7' TERM; echo out; echo err >&2; hostname; while :; do sleep 0.02; done");
  ASSERT_STARTS(pod);
  EXPECT_EQ(pod.Status().state, "running");
  EXPECT_GT(pod.Status().infra_pid, 0);
  // Two streams are two FIFOs: only within each of them is an order that can be relied on.
  const std::string log = pod.plan().state_dir + "/logs/c/0.log";
  EXPECT_TRUE(WaitUntil([&] { return LinesOf(log, "stdout") == "out\nruns\n"; })) << pod.Log("c");
  EXPECT_TRUE(WaitUntil([&] { return LinesOf(log, "stderr") == "err\n"; })) << pod.Log("c");
  ASSERT_OK(pod.Stop());
  EXPECT_EQ(LinesOf(log, "stdout"), "out\nruns\nbye\n");
  EXPECT_EQ(pod.Status().state, "exited");
  EXPECT_EQ(pod.StatusOf("c").state, "exited");
  EXPECT_EQ(pod.StatusOf("c").exit_code, 7);
  EXPECT_EQ(pod.StatusOf("c").reason, "Error");
  EXPECT_EQ(pod.Leftovers(), "");
  EXPECT_TRUE(common::PathExists(pod.plan().state_dir + "/final.json"));
}

TEST_F(SupervisorRootTest, FortyImmediateExitsHaveTheirCodes) {
  TestPod pod("codes");
  for (int i = 0; i < 40; ++i) pod.AddContainer(fmt::format("c{}", i), fmt::format("echo {0}; exit {0}", i));
  pod.plan().exit_with_containers = true;
  ASSERT_STARTS(pod);
  ASSERT_OK(WaitForPodEnd(pod.plan().run_dir, kPatience));
  for (int i = 0; i < 40; ++i) {
    const ContainerStatus status = pod.StatusOf(fmt::format("c{}", i));
    EXPECT_EQ(status.exit_code, i);
    EXPECT_EQ(status.reason, i == 0 ? "Completed" : "Error");
    EXPECT_EQ(pod.Log(status.name), fmt::format("{}\n", i));
  }
  EXPECT_EQ(pod.Leftovers(), "");
}

TEST_F(SupervisorRootTest, SignalsAndOomHaveTheirReasons) {
  TestPod pod("reasons");
  pod.AddContainer("killed", "kill -9 $$; sleep 100");
  pod.AddContainer("oom", "dd if=/dev/zero of=/dev/null bs=200M count=1");
  pod.plan().infra.pid = true;  // a process 1 cannot kill itself
  ASSERT_STARTS(pod);
  ASSERT_TRUE(pod.WaitForState("killed", "exited"));
  EXPECT_EQ(pod.StatusOf("killed").exit_code, 137);
  EXPECT_EQ(pod.StatusOf("killed").reason, "Error");
  ASSERT_TRUE(pod.WaitForState("oom", "exited"));
  EXPECT_EQ(pod.StatusOf("oom").reason, "OOMKilled");
  EXPECT_EQ(pod.StatusOf("oom").exit_code, 137);
}

TEST_F(SupervisorRootTest, OtherProcessesEndWithTheMainOne) {
  TestPod pod("shared");
  pod.plan().infra.pid = true;
  pod.AddContainer("c", "sleep 1000 & echo started; exit 3");
  ASSERT_STARTS(pod);
  ASSERT_TRUE(pod.WaitForState("c", "exited"));
  EXPECT_EQ(pod.StatusOf("c").exit_code, 3);
  EXPECT_EQ(pod.Log("c"), "started\n");
  ASSERT_OK(pod.Stop());
  EXPECT_EQ(pod.Leftovers(), "");
}

TEST_F(SupervisorRootTest, InitContainersRunInOrderBeforeTheOthers) {
  TestPod pod("init");
  const std::string volume = pod.plan().state_dir + "/volume";
  ASSERT_OK(common::MakeDirectories(volume));
  const auto add = [&](const std::string& name, const std::string& script, bool init) {
    ContainerPlan& container = pod.AddContainer(name, script, "Always");
    container.init = init;
    container.sub_paths = {{volume, "made/here", pod.plan().run_dir + "/sub/" + name}};
  };
  add("first", "echo 1 >> /sub/order", true);
  add("second", "cat /sub/order; echo 2 >> /sub/order", true);
  add("main", "cat /sub/order; while :; do sleep 1; done", false);
  ASSERT_STARTS(pod);
  EXPECT_EQ(pod.Log("second"), "1\n");
  EXPECT_TRUE(WaitUntil([&] { return pod.Log("main") == "1\n2\n"; }));
  EXPECT_EQ(pod.StatusOf("first").reason, "Completed");
  EXPECT_EQ(common::ReadFile(volume + "/made/here/order").value(), "1\n2\n");
}

TEST_F(SupervisorRootTest, SubPathsStayInTheirVolume) {
  TestPod pod("escape");
  const std::string volume = pod.plan().state_dir + "/volume";
  ASSERT_OK(common::MakeDirectories(volume));
  ASSERT_EQ(::symlink("/etc", (volume + "/out").c_str()), 0);
  pod.AddContainer("c", "ls /sub").sub_paths = {{volume, "out", pod.plan().run_dir + "/sub/c"}};
  const auto event = pod.Start();
  ASSERT_TRUE(event && event->event == "failed") << Describe(event);
  EXPECT_THAT(event->message, HasSubstr("leads out of the volume"));
  ASSERT_OK(WaitForPodEnd(pod.plan().run_dir, kPatience));
  EXPECT_EQ(pod.Leftovers(), "");
}

TEST_F(SupervisorRootTest, FailedInitContainerIsToldAndRetried) {
  TestPod pod("initfail");
  pod.AddContainer("i", "exit 4", "OnFailure").init = true;
  pod.AddContainer("main", "sleep 1000");
  const auto event = pod.Start();
  ASSERT_TRUE(event && event->event == "init-failed") << Describe(event);
  EXPECT_EQ(event->container, "i");
  EXPECT_EQ(event->exit_code, 4);
  EXPECT_TRUE(pod.WaitFor([&](const PodStatus& status) { return status.containers[0].reason == "CrashLoopBackOff"; }));
  EXPECT_EQ(pod.StatusOf("i").restart_count, 1);
  EXPECT_EQ(pod.StatusOf("main").state, "created");
}

TEST_F(SupervisorRootTest, RestartsWithBackOffAndAFreshLayer) {
  TestPod pod("backoff");
  pod.AddContainer("c", "ls /tmp; touch /tmp/mine; exit 1", "Always");
  ASSERT_STARTS(pod);
  ASSERT_TRUE(pod.WaitFor([](const PodStatus& status) { return status.containers[0].reason == "CrashLoopBackOff"; }));
  const ContainerStatus status = pod.StatusOf("c");
  EXPECT_EQ(status.state, "waiting");
  EXPECT_EQ(status.restart_count, 1);
  EXPECT_EQ(status.last_reason, "Error");
  EXPECT_EQ(status.last_exit_code, 1);
  EXPECT_EQ(status.message, "back-off 10s restarting failed container=c pod=backoff_default(uid-backoff)");
  EXPECT_EQ(pod.Log("c", 1), "");
  EXPECT_FALSE(status.final);
}

TEST_F(SupervisorRootTest, RunContainersKeepTheirLayerAndRestartSoon) {
  TestPod pod("persist");
  ContainerPlan& container = pod.AddContainer("c", "ls /tmp; touch /tmp/mine; exit 1", "OnFailure");
  container.persist_writable = true;
  container.max_retries = 2;
  pod.plan().exit_with_containers = true;
  ASSERT_STARTS(pod);
  ASSERT_OK(WaitForPodEnd(pod.plan().run_dir, kPatience));
  EXPECT_EQ(pod.StatusOf("c").restart_count, 2);
  EXPECT_TRUE(pod.StatusOf("c").final);
  EXPECT_EQ(pod.Log("c", 0), "");
  EXPECT_EQ(pod.Log("c", 2), "mine\n");
}

TEST_F(SupervisorRootTest, GraceEndsWithSigkill) {
  TestPod pod("grace");
  pod.AddContainer("stubborn", "trap '' TERM; echo up; while :; do sleep 0.1; done").grace_ms = 500;
  ASSERT_STARTS(pod);
  ASSERT_TRUE(WaitUntil([&] { return pod.Log("stubborn") == "up\n"; }));
  const auto before = std::chrono::steady_clock::now();
  ASSERT_OK(pod.Stop());
  const auto took = std::chrono::steady_clock::now() - before;
  EXPECT_GE(took, std::chrono::milliseconds(500));
  EXPECT_LT(took, kPatience);
  EXPECT_EQ(pod.StatusOf("stubborn").exit_code, 137);
}

// What the plan of a pod from `kube play` says; who asks for a shorter end gets it.
TEST_F(SupervisorRootTest, ALeastTimeIsBetweenSignalAndSigkill) {
  TestPod pod("least");
  pod.plan().least_grace_ms = 700;
  constexpr char kStubborn[] = "trap 'echo asked' TERM; echo up; while :; do sleep 0.02; done";
  for (const char* name : {"zero", "short", "exact", "kept"}) pod.AddContainer(name, kStubborn).grace_ms = 0;
  pod.plan().containers[1].grace_ms = 300;
  ASSERT_STARTS(pod);
  const auto stop = [&](const char* name, const std::function<void(ControlRequest&)>& adjust) {
    EXPECT_TRUE(WaitUntil([&] { return pod.Log(name) == "up\n"; }));
    const auto before = std::chrono::steady_clock::now();
    const auto stopped = pod.Ask("stop", std::string(name), adjust);
    EXPECT_TRUE(stopped) << stopped.error().message();
    EXPECT_EQ(pod.StatusOf(name).exit_code, 137);
    return std::chrono::steady_clock::now() - before;
  };
  EXPECT_GE(stop("zero", {}), std::chrono::milliseconds(700));
  EXPECT_EQ(pod.Log("zero"), "up\nasked\n");
  EXPECT_GE(stop("short", {}), std::chrono::milliseconds(700));
  stop("exact", [](ControlRequest& request) { request.grace_ms = 0; });
  EXPECT_EQ(pod.Log("exact"), "up\n");
  EXPECT_GE(stop("kept", [](ControlRequest& request) { request.grace_ms = 0, request.keep_least = true; }), std::chrono::milliseconds(700));
  EXPECT_EQ(pod.Log("kept"), "up\nasked\n");
}

TEST_F(SupervisorRootTest, MissingCommandLeavesNothing) {
  TestPod pod("nocmd");
  pod.AddContainer("good", "sleep 1000");
  pod.AddContainer("bad", "unused");
  ASSERT_OK(common::WriteFile(pod.plan().containers[1].bundle + "/script", ""));
  pod.plan().containers[1].lower_dirs = {"/var/lib/skiff/pods/nocmd"};
  const auto event = pod.Start();
  ASSERT_TRUE(event && event->event == "failed") << Describe(event);
  EXPECT_EQ(event->container, "bad");
  EXPECT_EQ(event->code, "command-not-found");
  EXPECT_THAT(event->message, HasSubstr("/bin/sh"));
  ASSERT_OK(WaitForPodEnd(pod.plan().run_dir, kPatience));
  EXPECT_EQ(pod.Leftovers(), "");
  EXPECT_FALSE(common::PathExists(pod.plan().state_dir + "/final.json"));
}

TEST_F(SupervisorRootTest, ASecondReaperIsRefused) {
  TestPod pod("twice");
  pod.AddContainer("c", "sleep 1000");
  ASSERT_STARTS(pod);
  const auto event = pod.Start();
  ASSERT_FALSE(event);
  EXPECT_EQ(event.error().code(), common::ErrorCode::kBusy);
  EXPECT_THAT(event.error().message(), HasSubstr("the pod runs already"));
  EXPECT_EQ(pod.StatusOf("c").state, "running");
}

TEST_F(SupervisorRootTest, LauncherGoneBeforeTheNetworkTakesThePodDown) {
  TestPod pod("orphan");
  pod.AddContainer("c", "sleep 1000");
  ASSERT_OK(common::WriteFile(pod.plan().run_dir + "/plan.json", common::EncodeJson(pod.plan())));
  {
    const auto lock = TakePodLock(pod.plan().run_dir);
    ASSERT_OK(lock);
    auto launcher = Launcher::Start({.reaper_program = pod.plan().reaper_program, .run_dir = pod.plan().run_dir, .kept = {}}, *lock);
    ASSERT_OK(launcher);
    const auto event = launcher->ReadEvent(kPatience);
    ASSERT_TRUE(event && event->event == "infra-ready") << Describe(event);
  }
  ASSERT_OK(WaitForPodEnd(pod.plan().run_dir, kPatience));
  EXPECT_EQ(pod.Leftovers(), "");
}

TEST_F(SupervisorRootTest, ContainersCanBeAddedRestartedAndRemoved) {
  TestPod pod("grow");
  pod.AddContainer("a", "trap 'exit 0' TERM; echo run; while :; do sleep 0.02; done");
  ASSERT_STARTS(pod);
  ASSERT_OK(pod.Ask("add", "", [&](ControlRequest& request) { request.plan = pod.MakeContainer("b", "exit 3"); }));
  const auto ended = pod.Ask("wait", "b");
  ASSERT_OK(ended);
  EXPECT_EQ(ended->exit_code, 3);
  ASSERT_TRUE(WaitUntil([&] { return pod.Log("a") == "run\n"; }));
  ASSERT_OK(pod.Ask("restart", "a"));
  ASSERT_TRUE(WaitUntil([&] { return pod.Log("a") == "run\nrun\n"; })) << pod.Log("a");
  EXPECT_EQ(pod.Ask("remove", "a").error().code(), common::ErrorCode::kBusy);
  ASSERT_OK(pod.Ask("stop", "a"));
  EXPECT_EQ(pod.StatusOf("a").state, "exited");
  ASSERT_OK(pod.Ask("remove", "a"));
  EXPECT_EQ(pod.Ask("start", "a").error().code(), common::ErrorCode::kNotFound);
  EXPECT_EQ(pod.Status().containers.size(), 1u);
  EXPECT_EQ(pod.Ask("kill", "b", [](ControlRequest& r) { r.signal = 9; }).error().code(), common::ErrorCode::kBusy);
}

TEST_F(SupervisorRootTest, DeadlineEndsThePod) {
  TestPod pod("deadline");
  pod.AddContainer("c", "while :; do sleep 1; done", "Always");
  pod.plan().active_deadline_s = 1;
  ASSERT_STARTS(pod);
  ASSERT_OK(WaitForPodEnd(pod.plan().run_dir, kPatience));
  EXPECT_EQ(pod.Status().reason, "DeadlineExceeded");
  EXPECT_EQ(pod.Leftovers(), "");
}

TEST_F(SupervisorRootTest, TheExitCommandRunsAfterTheEnd) {
  TestPod pod("command");
  pod.AddContainer("c", "true");
  pod.plan().exit_with_containers = true;
  pod.plan().exit_command = {"/bin/sh", "-c", "cat /run/skiff/pods/command/status.json > /run/exit-command-ran"};
  ASSERT_STARTS(pod);
  ASSERT_OK(WaitForPodEnd(pod.plan().run_dir, kPatience));
  EXPECT_THAT(common::ReadFile("/run/exit-command-ran").value_or(""), HasSubstr("\"state\":\"exited\""));
}

}  // namespace
}  // namespace skiff::supervisor
