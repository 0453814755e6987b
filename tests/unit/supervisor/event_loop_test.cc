#include "pod/supervisor/event_loop.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/epoll.h>
#include <unistd.h>

namespace skiff::supervisor {
namespace {

using std::chrono::milliseconds;

class EventLoopTest : public testing::Test {
 protected:
  void Run() { ASSERT_TRUE(loop_->Run([] {})); }
  std::unique_ptr<EventLoop> loop_ = std::move(*EventLoop::Create());
};

TEST_F(EventLoopTest, TimersRunInTheirOrderAndCanBeCancelled) {
  std::string order;
  loop_->After(milliseconds(20), [&] {
    order += "c";
    loop_->Stop();
  });
  loop_->After(milliseconds(0), [&] { order += "a"; });
  loop_->After(milliseconds(10), [&] { order += "b"; });
  loop_->Cancel(loop_->After(milliseconds(5), [&] { order += "x"; }));
  Run();
  EXPECT_EQ(order, "abc");
}

TEST_F(EventLoopTest, DeferredTasksRunBeforeTheNextSleep) {
  std::string order;
  loop_->Defer([&] {
    order += "a";
    loop_->Defer([&] {
      order += "b";
      loop_->Stop();
    });
  });
  Run();
  EXPECT_EQ(order, "ab");
}

TEST_F(EventLoopTest, AHandlerMayUnwatchAnotherThatIsAlsoReady) {
  int first[2], second[2];
  ASSERT_EQ(::pipe2(first, O_CLOEXEC), 0);
  ASSERT_EQ(::pipe2(second, O_CLOEXEC), 0);
  ASSERT_EQ(::write(first[1], "x", 1), 1);
  ASSERT_EQ(::write(second[1], "x", 1), 1);
  int calls = 0;
  for (const auto& [own, other] : {std::pair(first[0], second[0]), std::pair(second[0], first[0])}) {
    ASSERT_TRUE(loop_->Watch(own, EPOLLIN, [&, own = own, other = other](uint32_t) {
      ++calls;
      loop_->Unwatch(other);
      loop_->Unwatch(own);
      loop_->After(milliseconds(5), [&] { loop_->Stop(); });
    }));
  }
  Run();
  EXPECT_EQ(calls, 1);
  for (const int fd : {first[0], first[1], second[0], second[1]}) ::close(fd);
}

TEST_F(EventLoopTest, ChildrenAreReapedWithTheirStatus) {
  common::Command command;
  command.argv = {"/bin/sh", "-c", "exit 7"};
  auto child = common::Spawn(command);
  ASSERT_TRUE(child);
  int code = -1;
  ASSERT_TRUE(loop_->WatchChild(std::move(*child), [&](common::ExitStatus status) {
    code = status.ToCode();
    loop_->Stop();
  }));
  Run();
  EXPECT_EQ(code, 7);
}

}  // namespace
}  // namespace skiff::supervisor
