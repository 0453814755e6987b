// Streams of containers.
#include "tests/unit/supervisor/root/supervisor_fixture.h"

namespace skiff::supervisor {
namespace {

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

}  // namespace
}  // namespace skiff::supervisor
