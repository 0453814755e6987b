// A new sandbox for a pod whose infra process was killed.
#include <unistd.h>

#include <utility>

#include "pod/supervisor/event_log.h"
#include "tests/unit/supervisor/root/supervisor_fixture.h"

namespace skiff::supervisor {
namespace {

constexpr char kForever[] = "while :; do sleep 1; done";

// As the plan of a Pod from YAML; the command wires what TestPod::Start wires.
class SandboxPod : public TestPod {
 public:
  explicit SandboxPod(const std::string& id, const std::string& policy = "Always") : TestPod(id) {
    plan().restart_policy = policy;
    SetCommand("ip link set lo up");
  }

  // In the network namespace of the infra process that the status names.
  void SetCommand(const std::string& script) {
    plan().sandbox_command = {"sh", "-c",
                              fmt::format("exec nsenter -t $(sed 's/.*\"infraPid\":\\([0-9]*\\).*/\\1/' {}/status.json) -n {}",
                                          plan().run_dir, script)};
  }

  void KillInfra() const { ::kill(static_cast<pid_t>(Status().infra_pid), SIGKILL); }

  bool HasAnotherInfraThan(int64_t infra) const {
    return WaitFor([&](const PodStatus& status) {
      return status.state == "running" && status.infra_pid != 0 && status.infra_pid != infra && status.sandbox_lost_at.empty();
    });
  }

  bool RunsAgain(const std::string& name, int restarts) const {
    return WaitUntil([&] {
      const ContainerStatus status = StatusOf(name);
      return status.state == "running" && status.restart_count == restarts;
    });
  }

  int Events(const std::string& reason) {
    int count = 0;
    for (const Event& event : EventLog(plan().state_dir).Read().value_or(std::vector<Event>()))
      if (event.reason == reason) count += event.count;
    return count;
  }
};

TEST_F(SupervisorRootTest, ContainersBeginAnewInAnotherSandbox) {
  SandboxPod pod("anew");
  pod.AddContainer("first", "echo init", "OnFailure").init = true;
  pod.AddContainer("c", fmt::format("echo run; {}", kForever), "Always").grace_ms = 300;
  pod.AddContainer("polite", "trap 'exit 0' TERM; touch /ready; while :; do sleep 0.1; done", "Always");
  pod.AddContainer("done", "exit 0", "OnFailure");
  pod.plan().tmpfs.push_back({.path = pod.plan().run_dir + "/memory"});
  ASSERT_OK(common::MakeDirectories(pod.plan().run_dir + "/memory"));
  ASSERT_STARTS(pod);
  ASSERT_TRUE(pod.WaitForState("done", "exited"));
  ASSERT_TRUE(pod.WaitForFile("polite", "/ready"));
  const auto below = [&](const char* path) {
    return fmt::format("/proc/{}/root{}{}", pod.ProcessesOf("skiff-reaper").at(0), pod.plan().run_dir, path);
  };
  ASSERT_OK(common::WriteFile(below("/memory/file"), "kept"));
  ASSERT_OK(common::WriteFile(below("/shm/file"), "gone"));
  const PodStatus before = pod.Status();
  pod.KillInfra();
  ASSERT_TRUE(pod.HasAnotherInfraThan(before.infra_pid));
  ASSERT_TRUE(pod.RunsAgain("c", 1));
  ASSERT_TRUE(pod.RunsAgain("polite", 1));
  EXPECT_EQ(pod.StatusOf("c").last_exit_code, 137);
  EXPECT_EQ(pod.StatusOf("c").backoff_step, 0);
  EXPECT_EQ(pod.StatusOf("polite").last_exit_code, 0);
  EXPECT_EQ(pod.StatusOf("first").restart_count, 1);
  EXPECT_EQ(pod.Log("first", 1), "init\n");
  EXPECT_EQ(pod.StatusOf("done").restart_count, 0);
  EXPECT_EQ(pod.Status().started_at, before.started_at);
  EXPECT_FALSE(pod.Status().sandbox_ready_at.empty());
  EXPECT_EQ(pod.Events("SandboxChanged"), 1);
  EXPECT_EQ(common::ReadFile(below("/memory/file")).value_or(""), "kept");
  EXPECT_FALSE(common::PathExists(below("/shm/file")));
  // The network is there: a loopback that is up.
  EXPECT_NE(common::ReadFile(fmt::format("/proc/{}/net/if_inet6", pod.StatusOf("c").pid)).value_or("").find(" lo"), std::string::npos);
  ASSERT_OK(pod.Stop(0));
  EXPECT_EQ(pod.Leftovers(), "");
}

// There the containers end before the infra process does, which is not their fault: no back-off.
TEST_F(SupervisorRootTest, ASharedPidNamespaceThatEndsIsNoCrashOfItsContainers) {
  SandboxPod pod("shared");
  pod.plan().infra.pid = true;
  pod.AddContainer("a", kForever, "Always");
  pod.AddContainer("b", kForever, "Always");
  ASSERT_STARTS(pod);
  for (int round = 1; round <= 2; ++round) {
    const int64_t infra = pod.Status().infra_pid;
    pod.KillInfra();
    ASSERT_TRUE(pod.HasAnotherInfraThan(infra));
    for (const char* name : {"a", "b"}) {
      ASSERT_TRUE(pod.RunsAgain(name, round)) << name;
      EXPECT_EQ(pod.StatusOf(name).backoff_step, 0) << name;
      EXPECT_EQ(pod.StatusOf(name).last_exit_code, 137) << name;
    }
  }
  EXPECT_EQ(pod.Events("BackOff"), 0);
  ASSERT_OK(pod.Stop(0));
  EXPECT_EQ(pod.Leftovers(), "");
}

TEST_F(SupervisorRootTest, ABackOffOutlastsTheSandbox) {
  SandboxPod pod("patient");
  pod.AddContainer("c", "exit 3", "Always").persist_writable = true;  // for its shorter back-off
  pod.AddContainer("other", kForever, "Always").grace_ms = 0;
  ASSERT_STARTS(pod);
  ASSERT_TRUE(pod.WaitFor([&](const PodStatus&) { return pod.StatusOf("c").state == "waiting" && pod.StatusOf("c").backoff_step == 5; }));
  const ContainerStatus waiting = pod.StatusOf("c");
  const int64_t infra = pod.Status().infra_pid;
  pod.KillInfra();
  ASSERT_TRUE(pod.HasAnotherInfraThan(infra));
  ASSERT_TRUE(pod.RunsAgain("other", 1));
  ASSERT_TRUE(pod.WaitFor([&](const PodStatus&) {
    const ContainerStatus status = pod.StatusOf("c");
    return status.restart_count == waiting.restart_count + 1 && !status.started_at.empty();
  }));
  EXPECT_GE(*common::ParseTime(pod.StatusOf("c").started_at), *common::ParseTime(waiting.next_start_at));
  EXPECT_EQ(pod.StatusOf("c").last_exit_code, 3);
  ASSERT_OK(pod.Stop(0));
  EXPECT_EQ(pod.StatusOf("c").state, "exited");
  EXPECT_EQ(pod.Leftovers(), "");
}

TEST_F(SupervisorRootTest, APodThatNeverRestartsEndsWithItsSandbox) {
  SandboxPod pod("never", "Never");
  pod.AddContainer("c", kForever).grace_ms = 0;
  ASSERT_STARTS(pod);
  pod.KillInfra();
  ASSERT_OK(WaitForPodEnd(pod.plan().run_dir, kPatience));
  EXPECT_EQ(pod.Status().reason, "");
  EXPECT_EQ(pod.StatusOf("c").exit_code, 137);
  EXPECT_EQ(pod.Leftovers(), "");
}

TEST_F(SupervisorRootTest, KilledDuringInitContainersItBeginsWithTheFirst) {
  SandboxPod pod("early");
  pod.AddContainer("one", "echo one", "OnFailure").init = true;
  pod.AddContainer("two", "echo two; [ -e /go ] || while :; do sleep 0.1; [ ! -e /go ] || exit 0; done", "OnFailure").init = true;
  pod.plan().containers.back().grace_ms = 0;
  pod.AddContainer("c", kForever, "Always");
  std::thread starter([&] { ASSERT_STARTS(pod); });
  ASSERT_TRUE(pod.WaitForState("two", "running"));
  const int64_t infra = pod.Status().infra_pid;
  pod.KillInfra();
  ASSERT_TRUE(pod.HasAnotherInfraThan(infra));
  ASSERT_TRUE(pod.RunsAgain("two", 1));
  ASSERT_OK(common::WriteFile(fmt::format("/proc/{}/root/go", pod.StatusOf("two").pid), ""));
  starter.join();  // whoever started the pod hears of its start only now
  EXPECT_EQ(pod.StatusOf("one").restart_count, 1);
  EXPECT_EQ(pod.StatusOf("c").state, "running");
  EXPECT_EQ(pod.StatusOf("c").restart_count, 0);
  ASSERT_OK(pod.Stop(0));
  EXPECT_EQ(pod.Leftovers(), "");
}

TEST_F(SupervisorRootTest, ASandboxThatCannotBeWiredIsTriedAgain) {
  SandboxPod pod("unwired");
  pod.SetCommand("false");
  pod.AddContainer("c", kForever, "Always").grace_ms = 0;
  ASSERT_STARTS(pod);
  pod.KillInfra();
  ASSERT_TRUE(WaitUntil([&] { return pod.Events("FailedCreatePodSandBox") >= 2; }));
  EXPECT_EQ(pod.Status().state, "running");
  EXPECT_FALSE(pod.Status().sandbox_lost_at.empty());
  EXPECT_FALSE(pod.Status().ready);
  EXPECT_EQ(pod.StatusOf("c").state, "exited");
  EXPECT_FALSE(pod.StatusOf("c").final);
  // Who asks for a start need not wait for it.
  ASSERT_OK(pod.Ask("start", "c"));
  EXPECT_EQ(pod.StatusOf("c").restart_count, 0);
  ASSERT_OK(pod.Stop(0));
  EXPECT_TRUE(pod.StatusOf("c").final);
  EXPECT_EQ(pod.Leftovers(), "");
}

TEST_F(SupervisorRootTest, AnInfraProcessThatEndsAtOnceIsReplacedAgain) {
  SandboxPod pod("brief");
  const std::string program = pod.plan().state_dir + "/pause";
  const auto use = [&](const std::string& real) {
    ASSERT_OK(common::RemoveFile(program));
    ASSERT_EQ(::symlink(real.c_str(), program.c_str()), 0);
  };
  use(std::exchange(pod.plan().infra.pause_program, program));
  pod.AddContainer("c", kForever, "Always").grace_ms = 0;
  ASSERT_STARTS(pod);
  const int64_t infra = pod.Status().infra_pid;
  use("/bin/true");
  pod.KillInfra();
  ASSERT_TRUE(pod.WaitFor([](const PodStatus& status) { return status.sandbox_backoff_step >= 2; }));
  EXPECT_EQ(pod.StatusOf("c").state, "exited");
  use(SKIFF_PROGRAMS "/skiff-pause");
  ASSERT_TRUE(pod.HasAnotherInfraThan(infra));
  ASSERT_TRUE(pod.RunsAgain("c", 1));
  ASSERT_OK(pod.Stop(0));
  EXPECT_EQ(pod.Leftovers(), "");
}

TEST_F(SupervisorRootTest, AStopIsNotHeldUpByASandboxThatIsBeingWired) {
  SandboxPod pod("wiring");
  const std::string began = pod.plan().run_dir + "/wiring";
  pod.SetCommand(fmt::format("sh -c 'touch {}; exec sleep 1000'", began));
  pod.AddContainer("c", kForever, "Always").grace_ms = 0;
  ASSERT_STARTS(pod);
  pod.KillInfra();
  ASSERT_TRUE(WaitUntil([&] { return common::PathExists(began); }));
  ASSERT_OK(pod.Stop(0));
  EXPECT_EQ(pod.Status().state, "exited");
  EXPECT_EQ(pod.Status().sandbox_lost_at, "");
  EXPECT_EQ(pod.Leftovers(), "");
}

// Whatever else is killed with it.
TEST_F(SupervisorRootTest, ASandboxLostWithItsWatchersIsMadeAnew) {
  const std::vector<std::vector<std::string>> victims = {
      {"infra", "skiff-supervisor"}, {"skiff-supervisor", "infra"}, {"infra", "skiff-reaper"}, {"skiff-reaper", "infra"}};
  for (size_t round = 0; round < victims.size(); ++round) {
    SandboxPod pod(fmt::format("watched{}", round));
    pod.AddContainer("first", "true", "OnFailure").init = true;
    pod.AddContainer("c", kForever, "Always").grace_ms = 200;
    ASSERT_STARTS(pod);
    const int64_t infra = pod.Status().infra_pid;
    std::vector<pid_t> pids;
    for (const auto& victim : victims[round])
      pids.push_back(victim == "infra" ? static_cast<pid_t>(infra) : pod.ProcessesOf(victim).at(0));
    for (const pid_t pid : pids) ::kill(pid, SIGKILL);
    ASSERT_TRUE(pod.HasAnotherInfraThan(infra)) << round;
    // A start that another supervisor has to take back is one more.
    ASSERT_TRUE(WaitUntil([&] { return pod.StatusOf("c").state == "running" && pod.StatusOf("c").restart_count >= 1; })) << round;
    EXPECT_LE(pod.StatusOf("c").restart_count, 2) << round;
    ASSERT_TRUE(WaitUntil([&] { return pod.ProcessesOf("skiff-supervisor").size() == 1 && pod.ProcessesOf("skiff-reaper").size() == 1; }));
    ASSERT_OK(pod.Stop(0));
    EXPECT_EQ(pod.Leftovers(), "");
  }
}

}  // namespace
}  // namespace skiff::supervisor
