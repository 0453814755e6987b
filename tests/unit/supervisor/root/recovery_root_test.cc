// What killed processes cost.
#include "common/file.h"
#include "common/process.h"
#include "pod/supervisor/adoption.h"
#include "tests/unit/supervisor/root/supervisor_fixture.h"

namespace skiff::supervisor {
namespace {

// Of container c: "line 1" to "line COUNT", each once.
void ExpectLines(const TestPod& pod, int count) {
  std::string expected;
  for (int i = 1; i <= count; ++i) expected += fmt::format("line {}\n", i);
  EXPECT_TRUE(pod.Log("c") == expected) << pod.Log("c").size() << " bytes instead of " << expected.size();
}

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
  ExpectLines(pod, 30000);
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

// Whether this kernel tells how a process has ended that was somebody else's child (from 6.15 on).
bool KernelTellsExits() {
  common::Command command;
  command.argv = {"true"};
  const auto child = common::Spawn(command);
  EXPECT_TRUE(child && common::Wait(child->pid));
  return child && common::ReadExitStatus(child->pidfd.get());
}

pid_t KillReaper(const TestPod& pod) {
  const pid_t reaper = pod.ProcessesOf("skiff-reaper").at(0);
  ::kill(reaper, SIGKILL);
  return reaper;
}

bool HasAnotherReaper(const TestPod& pod, pid_t before) {
  return WaitUntil([&] {
    const auto pids = pod.ProcessesOf("skiff-reaper");
    return pids.size() == 1 && pids.front() != before && pod.ProcessesOf("skiff-supervisor").size() == 1;
  });
}

TEST_F(SupervisorRootTest, AKilledReaperIsReplacedAndNothingIsLost) {
  TestPod pod("headless");
  pod.AddContainer("c", "i=0; while [ $i -lt 30000 ]; do i=$((i+1)); echo line $i; done; while [ ! -e /go ]; do sleep 0.1; done; exit 5");
  pod.plan().tmpfs.push_back({.path = pod.plan().run_dir + "/memory"});
  ASSERT_OK(common::MakeDirectories(pod.plan().run_dir + "/memory"));
  ASSERT_STARTS(pod);
  const int64_t infra = pod.Status().infra_pid;
  const auto memory = [&] { return fmt::format("/proc/{}/root{}/memory/file", pod.ProcessesOf("skiff-reaper").at(0), pod.plan().run_dir); };
  ASSERT_OK(common::WriteFile(memory(), "kept"));
  for (int kill_count = 0; kill_count < 5; ++kill_count) {
    const pid_t killed = KillReaper(pod);
    ASSERT_TRUE(HasAnotherReaper(pod, killed));
    ASSERT_OK(pod.Ask("status", ""));
  }
  EXPECT_EQ(common::ReadFile(memory()).value_or(""), "kept");
  ASSERT_OK(common::WriteFile(fmt::format("/proc/{}/root/go", pod.StatusOf("c").pid), ""));
  ASSERT_TRUE(pod.WaitForState("c", "exited"));
  EXPECT_EQ(pod.StatusOf("c").exit_code, KernelTellsExits() ? 5 : 137);
  EXPECT_EQ(pod.StatusOf("c").reason, KernelTellsExits() ? "Error" : "ContainerStatusUnknown");
  EXPECT_EQ(pod.Status().infra_pid, infra);
  ExpectLines(pod, 30000);
  ASSERT_OK(pod.Stop());
  EXPECT_EQ(pod.Leftovers(), "");
}

TEST_F(SupervisorRootTest, APodThatWasTakenOverRestartsItsContainersAndKeepsTheirTerminals) {
  TestPod pod("again");
  pod.AddContainer("c", "echo run; while :; do sleep 1; done", "Always");
  pod.AddContainer("t", "read line; echo got $line; while :; do sleep 1; done").tty = true;
  pod.plan().containers.back().stdin = true;
  ASSERT_STARTS(pod);
  const pid_t killed = KillReaper(pod);
  ASSERT_TRUE(HasAnotherReaper(pod, killed));
  auto stream = AttachStream::Open(pod.plan().run_dir, "again-t");
  ASSERT_OK(stream);
  ASSERT_OK(stream->WriteInput("hello\n"));
  EXPECT_TRUE(WaitUntil([&] { return pod.Log("t").find("got hello") != std::string::npos; })) << pod.Log("t");
  ::kill(static_cast<pid_t>(pod.StatusOf("c").pid), SIGKILL);
  ASSERT_TRUE(pod.WaitFor([&](const PodStatus&) { return pod.StatusOf("c").restart_count == 1 && pod.StatusOf("c").state == "running"; }));
  EXPECT_TRUE(WaitUntil([&] { return pod.Log("c", 1) == "run\n"; }));
  ASSERT_OK(pod.Stop(0));
  EXPECT_EQ(pod.Leftovers(), "");
}

TEST_F(SupervisorRootTest, ACommandTakesOverWhatReaperAndSupervisorHaveLeft) {
  TestPod pod("orphaned");
  pod.AddContainer("c", "while :; do sleep 1; done", "Always");
  pod.AddContainer("ended", "while [ ! -e /go ]; do sleep 0.1; done; exit 3", "OnFailure");
  ASSERT_STARTS(pod);
  const pid_t supervisor = pod.ProcessesOf("skiff-supervisor").at(0);
  const auto before = pod.StatusOf("c");
  ::kill(supervisor, SIGSTOP);
  KillReaper(pod);
  ::kill(supervisor, SIGKILL);
  ASSERT_OK(WaitForPodEnd(pod.plan().run_dir, kPatience));
  ASSERT_TRUE(CanBeAdopted(pod.plan(), pod.Status()));
  const auto ended = static_cast<pid_t>(pod.StatusOf("ended").pid);
  ASSERT_OK(common::WriteFile(fmt::format("/proc/{}/root/go", ended), ""));
  ASSERT_TRUE(WaitUntil([&] { return ::kill(ended, 0) != 0; }));
  ASSERT_OK(pod.Adopt());
  ASSERT_TRUE(pod.WaitFor([&](const PodStatus&) { return pod.StatusOf("ended").restart_count == 1 && pod.StatusOf("ended").state == "running"; }));
  EXPECT_EQ(pod.StatusOf("ended").last_reason, "ContainerStatusUnknown");
  EXPECT_EQ(pod.StatusOf("c").pid, before.pid);
  EXPECT_EQ(pod.StatusOf("c").restart_count, 0);
  ASSERT_OK(pod.Stop(0));
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
