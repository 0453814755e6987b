// The real reaper, supervisor, pause and crun, in the sandbox: tests/support/sandbox supervisor_root_test
#include <signal.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <sstream>

#include "common/file.h"
#include "pod/supervisor/dead_pod.h"
#include "pod/supervisor/pod_lock.h"
#include "tests/unit/supervisor/root/test_pod.h"

namespace skiff::supervisor {
namespace {

using testing::HasSubstr;

class SupervisorRootTest : public testing::Test {
 protected:
  void SetUp() override {
    if (std::getenv("SKIFF_SANDBOX") == nullptr)
      GTEST_SKIP() << "needs root and namespaces of its own: run it with tests/support/sandbox";
  }
};

std::string Describe(const common::Result<LaunchEvent>& event) {
  if (!event) return event.error().message();
  return event->event + " " + event->container + " " + event->message;
}

// The whole lines of one stream of a CRI log: "TIME STREAM F TEXT".
std::string LinesOf(const std::string& log, const std::string& stream) {
  std::istringstream lines(common::ReadFile(log).value_or(""));
  const std::string mark = " " + stream + " F ";
  std::string text;
  for (std::string line; std::getline(lines, line);) {
    if (const size_t at = line.find(mark); at != std::string::npos) text += line.substr(at + mark.size()) + "\n";
  }
  return text;
}

#define ASSERT_STARTS(pod)                                            \
  do {                                                                \
    const auto start_event = (pod).Start();                           \
    ASSERT_TRUE(start_event && start_event->event == "running") << Describe(start_event); \
  } while (false)

TEST_F(SupervisorRootTest, RunsLogsAndStops) {
  TestPod pod("runs");
  pod.AddContainer("c", "echo out; echo err >&2; hostname; trap 'echo bye; exit 7' TERM; while :; do sleep 0.02; done");
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
    auto launcher = Launcher::Start({SKIFF_PROGRAMS "/skiff-reaper", pod.plan().run_dir, {}});
    ASSERT_OK(launcher);
    const auto event = launcher->ReadEvent(kPatience);
    ASSERT_TRUE(event && event->event == "infra-ready") << Describe(event);
  }
  ASSERT_OK(WaitForPodEnd(pod.plan().run_dir, kPatience));
  EXPECT_EQ(pod.Leftovers(), "");
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
  EXPECT_TRUE(WaitUntil([&] { return pod.Leftovers().empty(); })) << pod.Leftovers();
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

// Reads a stream to its end. `on_output` is called after each packet.
struct Transcript {
  std::string out;
  std::string err;
  std::optional<int> exit_code;
};
Transcript ReadToEnd(AttachStream& stream, const std::function<void(const Transcript&)>& on_output = {}) {
  Transcript transcript;
  while (true) {
    const auto packet = stream.Read();
    if (!packet || packet->kind == AttachStream::Packet::Kind::kClosed) return transcript;
    if (packet->kind == AttachStream::Packet::Kind::kStdout) transcript.out += packet->data;
    if (packet->kind == AttachStream::Packet::Kind::kStderr) transcript.err += packet->data;
    if (packet->kind == AttachStream::Packet::Kind::kExit) transcript.exit_code = packet->exit_code;
    if (on_output) on_output(transcript);
  }
}

TEST_F(SupervisorRootTest, AttachBeforeTheStartMissesNothing) {
  TestPod pod("attach");
  pod.AddContainer("c", "echo first; echo oops >&2; cat; exit 6").held = true;
  pod.plan().containers[0].stdin = true;
  pod.plan().containers[0].stdin_once = true;
  ASSERT_STARTS(pod);
  EXPECT_EQ(pod.StatusOf("c").state, "created");
  auto stream = AttachStream::Open(pod.plan().run_dir, "attach-c");
  ASSERT_OK(stream);
  std::string input;
  for (int i = 0; i < 20000; ++i) input += fmt::format("input {}\n", i);
  ASSERT_OK(pod.Ask("start", "c"));
  std::thread writer([&] {
    EXPECT_TRUE(stream->WriteInput(input));
    EXPECT_TRUE(stream->CloseInput());
  });
  const Transcript transcript = ReadToEnd(*stream);
  writer.join();
  EXPECT_EQ(transcript.out.substr(0, 6), "first\n");
  EXPECT_TRUE(transcript.out == "first\n" + input) << transcript.out.size();
  EXPECT_EQ(transcript.err, "oops\n");
  EXPECT_EQ(transcript.exit_code, 6);
}

TEST_F(SupervisorRootTest, ASlowClientLosesNothingAndHoldsUpNobody) {
  TestPod pod("slow");
  pod.AddContainer("c", "dd if=/dev/zero bs=1M count=20 2>/dev/null | tr '\\0' 'x'; exit 2").held = true;
  ASSERT_STARTS(pod);
  auto stream = AttachStream::Open(pod.plan().run_dir, "slow-c");
  ASSERT_OK(stream);
  ASSERT_OK(pod.Ask("start", "c"));
  ASSERT_OK(pod.Ask("wait", "c"));  // it ends though nobody has read
  EXPECT_EQ(pod.StatusOf("c").exit_code, 2);
  const Transcript transcript = ReadToEnd(*stream);
  EXPECT_EQ(transcript.out.size(), 20u << 20);
  EXPECT_EQ(transcript.exit_code, 2);
}

TEST_F(SupervisorRootTest, TerminalsSurviveAKilledSupervisor) {
  TestPod pod("tty");
  ContainerPlan& container = pod.AddContainer("c", "tty; stty size; read line; echo got $line; read line; exit 8");
  container.held = true;
  container.tty = true;
  container.stdin = true;
  ASSERT_STARTS(pod);
  auto stream = AttachStream::Open(pod.plan().run_dir, "tty-c");
  ASSERT_OK(stream);
  ASSERT_OK(pod.Ask("resize", "c", [](ControlRequest& request) {
    request.rows = 33;
    request.columns = 77;
  }));
  ASSERT_OK(pod.Ask("start", "c"));
  ASSERT_TRUE(WaitUntil([&] { return pod.Log("c").find("33 77") != std::string::npos; })) << pod.Log("c");
  EXPECT_THAT(pod.Log("c"), HasSubstr("/dev/pts/0"));
  ASSERT_OK(stream->WriteInput("hello\n"));
  ASSERT_TRUE(WaitUntil([&] { return pod.Log("c").find("got hello") != std::string::npos; })) << pod.Log("c");
  ::kill(pod.ProcessesOf("skiff-supervisor").at(0), SIGKILL);
  ASSERT_OK(pod.Ask("status", ""));
  EXPECT_EQ(pod.StatusOf("c").state, "running");
  auto again = AttachStream::Open(pod.plan().run_dir, "tty-c");
  ASSERT_OK(again);
  ASSERT_OK(again->WriteInput("end\n"));
  EXPECT_EQ(ReadToEnd(*again).exit_code, 8);
}

TEST_F(SupervisorRootTest, ContainersCanBeAddedRestartedAndRemoved) {
  TestPod pod("grow");
  pod.AddContainer("a", "echo run; trap 'exit 0' TERM; while :; do sleep 0.02; done");
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
