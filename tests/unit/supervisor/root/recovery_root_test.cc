// What killed processes cost.
#include "tests/unit/supervisor/root/supervisor_fixture.h"

namespace skiff::supervisor {
namespace {

TEST_F(SupervisorRootTest, AKilledSupervisorIsReplacedAndLosesNothing) {
  TestPod pod("killed");
  pod.AddContainer("c", "i=0; while [ $i -lt 30000 ]; do i=$((i+1)); echo line $i; done; exit 5");
  ASSERT_STARTS(pod);
  const int64_t infra = pod.Status().infra_pid;
  for (int kill_count = 0; kill_count < 8; ++kill_count) {
    std::vector<pid_t> pids;
    ASSERT_TRUE(WaitUntil([&] { return !(pids = pod.ProcessesOf("skiff-supervisor")).empty(); }));
    ::kill(pids.front(), SIGKILL);
    ASSERT_OK(pod.Ask("status", ""));
  }
  ASSERT_TRUE(pod.WaitForState("c", "exited"));
  EXPECT_EQ(pod.StatusOf("c").exit_code, 5);
  EXPECT_EQ(pod.StatusOf("c").restart_count, 0);
  EXPECT_EQ(pod.Status().infra_pid, infra);
  std::string expected;
  for (int i = 1; i <= 30000; ++i) expected += fmt::format("line {}\n", i);
  EXPECT_TRUE(pod.Log("c") == expected) << pod.Log("c").size() << " bytes instead of " << expected.size();
  ASSERT_OK(pod.Stop());
  EXPECT_EQ(pod.Leftovers(), "");
}

TEST_F(SupervisorRootTest, AnEndWhileNoSupervisorLivesIsKnown) {
  TestPod pod("unseen");
  pod.AddContainer("c", "sleep 0.3; exit 9");
  ASSERT_STARTS(pod);
  const pid_t supervisor = pod.ProcessesOf("skiff-supervisor").at(0);
  ::kill(supervisor, SIGSTOP);
  std::this_thread::sleep_for(std::chrono::milliseconds(600));
  ::kill(supervisor, SIGKILL);
  ASSERT_TRUE(pod.WaitForState("c", "exited"));
  EXPECT_EQ(pod.StatusOf("c").exit_code, 9);
}

TEST_F(SupervisorRootTest, InfraKilledEndsThePod) {
  TestPod pod("noinfra");
  pod.AddContainer("c", "while :; do sleep 1; done");
  ASSERT_STARTS(pod);
  ::kill(static_cast<pid_t>(pod.Status().infra_pid), SIGKILL);
  ASSERT_OK(WaitForPodEnd(pod.plan().run_dir, kPatience));
  EXPECT_EQ(pod.Status().reason, "SandboxChanged");
  EXPECT_EQ(pod.Leftovers(), "");
}

TEST_F(SupervisorRootTest, AllKilledIsCleanedUpByTheNextCommand) {
  TestPod pod("dead");
  pod.AddContainer("c", "sleep 1000");
  ASSERT_STARTS(pod);
  const pid_t supervisor = pod.ProcessesOf("skiff-supervisor").at(0);
  ::kill(supervisor, SIGSTOP);
  ::kill(pod.ProcessesOf("skiff-reaper").at(0), SIGKILL);
  ASSERT_OK(WaitForPodEnd(pod.plan().run_dir, kPatience));
  ASSERT_OK(CleanUpDeadPod(pod.plan()));
  EXPECT_EQ(pod.Leftovers(), "");
  EXPECT_TRUE(WaitUntil([&] { return ::kill(static_cast<pid_t>(pod.Status().infra_pid), 0) != 0; }));
}

TEST_F(SupervisorRootTest, SupervisorCleansUpWhenOnlyTheReaperIsKilled) {
  TestPod pod("headless");
  pod.AddContainer("c", "sleep 1000");
  ASSERT_STARTS(pod);
  ::kill(pod.ProcessesOf("skiff-reaper").at(0), SIGKILL);
  ASSERT_TRUE(pod.WaitFor([](const PodStatus& status) { return status.state == "exited"; }));
  EXPECT_EQ(pod.StatusOf("c").reason, "ContainerStatusUnknown");
  EXPECT_TRUE(WaitUntil([&] { return pod.ProcessesOf("skiff-supervisor").empty(); }));
  ASSERT_OK(CleanUpDeadPod(pod.plan()));
  EXPECT_EQ(pod.Leftovers(), "");
}

TEST_F(SupervisorRootTest, AProbesCommandEndsWithItsSupervisor) {
  TestPod pod("probed");
  ContainerPlan& plan = pod.AddContainer("c", "while :; do sleep 1; done");
  plan.readiness_probe.emplace();
  plan.readiness_probe->handler.kind = Handler::Kind::kExec;
  plan.readiness_probe->handler.command = {"sleep", "12345"};
  plan.readiness_probe->timeout_ms = 600'000;
  ASSERT_STARTS(pod);
  const auto probes = [] {
    int count = 0;
    for (const auto& name : common::ListDirectory("/proc").value_or(std::vector<std::string>()))
      if (common::ReadFile("/proc/" + name + "/cmdline").value_or("") == std::string("sleep\0" "12345\0", 12)) ++count;
    return count;
  };
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE(WaitUntil([&] { return probes() == 1; })) << probes();
    ::kill(pod.ProcessesOf("skiff-supervisor").at(0), SIGKILL);
    ASSERT_OK(pod.Ask("status", ""));
  }
  EXPECT_TRUE(WaitUntil([&] { return probes() == 1; })) << probes();
  ASSERT_OK(pod.Stop(0));
  EXPECT_EQ(pod.Leftovers(), "");
}

TEST_F(SupervisorRootTest, LastLinesAreInTheLogAlthoughNobodyReadThem) {
  TestPod pod("silent");
  pod.AddContainer("c", "echo first; sleep 0.5; echo second; printf third; while :; do sleep 1; done");
  ASSERT_STARTS(pod);
  ASSERT_TRUE(WaitUntil([&] { return pod.Log("c") == "first\n"; }));
  const pid_t supervisor = pod.ProcessesOf("skiff-supervisor").at(0);
  ::kill(supervisor, SIGSTOP);
  ::kill(pod.ProcessesOf("skiff-reaper").at(0), SIGKILL);
  ::kill(supervisor, SIGKILL);
  ASSERT_OK(WaitForPodEnd(pod.plan().run_dir, kPatience));
  std::this_thread::sleep_for(std::chrono::seconds(2));  // the container writes on
  ASSERT_OK(CleanUpDeadPod(pod.plan()));
  EXPECT_EQ(pod.Log("c"), "first\nsecond\nthird");
  EXPECT_EQ(pod.Leftovers(), "");
}

// The end is told to the reaper although there is still an exit that the supervisor has not read: that of the infra process,
// which is the reaper's child after the first kill.
TEST_F(SupervisorRootTest, NoSupervisorIsStartedAfterThePodsEnd) {
  for (int round = 0; round < 5; ++round) {
    TestPod pod("last" + std::to_string(round));
    pod.AddContainer("c", "sleep 1000").grace_ms = 0;
    ASSERT_STARTS(pod);
    ::kill(pod.ProcessesOf("skiff-supervisor").at(0), SIGKILL);
    ASSERT_OK(pod.Ask("status", ""));
    const pid_t second = pod.ProcessesOf("skiff-supervisor").at(0);
    ASSERT_OK(pod.Stop(0));
    bool third = false;
    ASSERT_TRUE(WaitUntil([&] {
      for (const pid_t pid : pod.ProcessesOf("skiff-supervisor")) third = third || pid != second;
      return pod.ProcessesOf("skiff-reaper").empty();
    }));
    EXPECT_FALSE(third);
  }
}

}  // namespace
}  // namespace skiff::supervisor
