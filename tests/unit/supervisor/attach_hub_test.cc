#include "pod/supervisor/attach_hub.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/file.h"
#include "pod/supervisor/packet.h"
#include "tests/unit/temporary_directory.h"

namespace skiff::supervisor {
namespace {

using std::chrono::milliseconds;

class AttachHubTest : public testing::Test {
 protected:
  common::UniqueFd Attach(AttachHub& hub) {
    int pair[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    hub.Add(common::UniqueFd(pair[0]));
    return common::UniqueFd(pair[1]);
  }
  void RunFor(milliseconds time) {
    loop_->After(time, [this] { loop_->Stop(); });
    ASSERT_TRUE(loop_->Run([] {}));
  }
  std::string Next(int fd) { return ReceivePacket(fd).value().value_or("(end)"); }

  const TemporaryDirectory directory_;
  std::unique_ptr<EventLoop> loop_ = std::move(*EventLoop::Create());
};

TEST_F(AttachHubTest, EveryClientGetsStreamsAndExitCode) {
  AttachHub hub(*loop_, directory_.path(), false);
  const auto one = Attach(hub), two = Attach(hub);
  hub.Broadcast(AttachHub::Stream::kStdout, "out");
  hub.Broadcast(AttachHub::Stream::kStderr, "err");
  hub.Finish(42);
  RunFor(milliseconds(5));
  for (const int fd : {one.get(), two.get()}) {
    EXPECT_EQ(Next(fd), "\x02out");
    EXPECT_EQ(Next(fd), "\x03"
                        "err");
    EXPECT_EQ(Next(fd), "\x01"
                        "42");
    EXPECT_EQ(Next(fd), "(end)");
  }
  EXPECT_TRUE(hub.idle());
}

TEST_F(AttachHubTest, AClientThatDoesNotReadNowMissesNothing) {
  AttachHub hub(*loop_, directory_.path(), false);
  const auto client = Attach(hub);
  const std::string block(100'000, 'x');
  for (int i = 0; i < 50; ++i) hub.Broadcast(AttachHub::Stream::kStdout, block);
  hub.Finish(0);
  EXPECT_FALSE(hub.drained());
  size_t bytes = 0;
  ::fcntl(client.get(), F_SETFL, O_NONBLOCK);
  ssize_t n = -1;
  for (int i = 0; i < 1000 && n != 0; ++i) {
    char buffer[64 * 1024];
    while ((n = ::recv(client.get(), buffer, sizeof buffer, 0)) > 0) bytes += buffer[0] == 2 ? n - 1 : 0;
    RunFor(milliseconds(1));
  }
  EXPECT_EQ(bytes, 50 * block.size());
  EXPECT_TRUE(hub.idle());
}

TEST_F(AttachHubTest, InputWaitsForItsPipeAndEndsWithTheFirstClient) {
  AttachHub hub(*loop_, directory_.path(), true);
  auto client = Attach(hub);
  ASSERT_TRUE(SendPacket(client.get(), "early "));
  ASSERT_TRUE(SendPacket(client.get(), "bird"));
  RunFor(milliseconds(5));
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
  const common::UniqueFd reader(ends[0]);
  bool closed = false;
  StdinPipe input(
      *loop_, common::UniqueFd(ends[1]), false, [&] { hub.InputDrained(); }, [&] { closed = true; });
  hub.SetInput(&input);
  ASSERT_EQ(::shutdown(client.get(), SHUT_WR), 0);
  RunFor(milliseconds(5));
  EXPECT_EQ(common::ReadAll(reader.get()).value(), "early bird");
  EXPECT_TRUE(closed);
  EXPECT_FALSE(hub.idle());  // it still wants the output
}

}  // namespace
}  // namespace skiff::supervisor
