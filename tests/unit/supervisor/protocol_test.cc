#include "pod/supervisor/protocol.h"

#include <gmock/gmock.h>
#include <sys/socket.h>

#include "common/unique_fd.h"
#include "pod/supervisor/launcher.h"
#include "pod/supervisor/packet.h"
#include "pod/supervisor/reaper_link.h"
#include "pod/supervisor/status.h"

namespace skiff::supervisor {
namespace {

TEST(Protocol, RequestRoundTrip) {
  ControlRequest request;
  request.op = "add";
  request.grace_ms = 0;
  ContainerPlan plan;
  plan.id = "c";
  plan.lower_dirs = {"/a", "/b"};
  plan.sub_paths = {{"/volume", "a/b", "/target"}};
  plan.tty = true;
  request.plan = plan;
  const auto decoded = common::DecodeJson<ControlRequest>(common::EncodeJson(request), "request");
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->grace_ms, 0);
  ASSERT_TRUE(decoded->plan);
  EXPECT_EQ(decoded->plan->lower_dirs, plan.lower_dirs);
  EXPECT_EQ(decoded->plan->sub_paths[0].sub_path, "a/b");
  EXPECT_TRUE(decoded->plan->tty);
  const auto small = common::DecodeJson<ControlRequest>(R"({"op":"stop"})", "request");
  ASSERT_TRUE(small);
  EXPECT_FALSE(small->grace_ms);
  EXPECT_FALSE(small->plan);
}

TEST(Protocol, StatusRoundTrip) {
  PodStatus status;
  status.id = "p";
  status.state = "running";
  status.infra_start_time = 18446744073709551615u;
  ContainerStatus container;
  container.name = "c";
  container.exit_code = 137;
  container.oom_killed = true;
  container.restart_count = 3;
  container.next_start_at = "2026-01-02T03:04:05.000000000Z";
  status.containers = {container};
  const auto decoded = common::DecodeJson<PodStatus>(common::EncodeJson(status), "status.json");
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->infra_start_time, status.infra_start_time);
  ASSERT_EQ(decoded->containers.size(), 1u);
  EXPECT_TRUE(decoded->containers[0].oom_killed);
  EXPECT_EQ(decoded->containers[0].restart_count, 3);
  EXPECT_EQ(decoded->containers[0].next_start_at, container.next_start_at);
}

TEST(Protocol, LaunchErrorsHaveTheirCode) {
  LaunchEvent event;
  event.event = "failed";
  event.container = "web";
  event.message = "no such command";
  event.code = "command-not-found";
  const common::Error error = LaunchError(event);
  EXPECT_EQ(error.code(), common::ErrorCode::kCommandNotFound);
  EXPECT_EQ(error.message(), "container \"web\": no such command");
}

TEST(Packets, KeepTheirBordersAndTellTheEnd) {
  int pair[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
  common::UniqueFd a(pair[0]);
  const common::UniqueFd b(pair[1]);
  const std::string large(kMaxPacket, 'x');
  ASSERT_TRUE(SendPacket(a.get(), "one"));
  ASSERT_TRUE(SendPacket(a.get(), large));
  EXPECT_EQ(ReceivePacket(b.get()).value().value(), "one");
  EXPECT_EQ(ReceivePacket(b.get()).value().value(), large);
  a.Reset();
  EXPECT_FALSE(ReceivePacket(b.get()).value());
  EXPECT_EQ(SendPacket(b.get(), "late").error().code(), common::ErrorCode::kUnavailable);
}

// The kernel then reports ECONNRESET first, although there is something to read.
TEST(Protocol, LastWordsOfAPeerThatLeftSomethingUnreadAreHeard) {
  int pair[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
  const common::UniqueFd reaper(pair[0]);
  common::UniqueFd supervisor(pair[1]);
  ASSERT_TRUE(SendLinkMessage(reaper.get(), "exit 1 2 3 4 5"));
  ASSERT_TRUE(SendLinkMessage(supervisor.get(), "over clean"));
  supervisor.Reset();
  const auto word = ReceiveLinkMessage(reaper.get());
  ASSERT_TRUE(word && *word);
  EXPECT_EQ((*word)->word, "over");
  const auto end = ReceiveLinkMessage(reaper.get());
  ASSERT_TRUE(end);
  EXPECT_FALSE(*end);

  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
  const common::UniqueFd launcher(pair[0]);
  supervisor.Reset(pair[1]);
  ASSERT_TRUE(SendPacket(launcher.get(), "{}"));
  ASSERT_TRUE(SendPacket(supervisor.get(), "failed"));
  supervisor.Reset();
  const auto packet = ReceivePacket(launcher.get());
  ASSERT_TRUE(packet && *packet);
  EXPECT_EQ(**packet, "failed");
}

}  // namespace
}  // namespace skiff::supervisor
