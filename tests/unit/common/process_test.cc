#include "common/process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/file.h"

namespace skiff::common {
namespace {

TEST(Process, CollectsBothStreamsAndTheCode) {
  const auto output = common::Run({.argv = {"sh", "-c", "cat; echo err >&2; exit 3"}}, "input");
  ASSERT_TRUE(output) << output.error().message();
  EXPECT_EQ(output->out, "input");
  EXPECT_EQ(output->err, "err\n");
  EXPECT_EQ(output->status.ToCode(), 3);
}

TEST(Process, ASignalIs128More) {
  EXPECT_EQ(common::Run({.argv = {"sh", "-c", "kill -9 $$"}})->status.ToCode(), 137);
}

TEST(Process, AMissingProgramIsNamed) {
  const auto output = common::Run({.argv = {"skiff-no-such-program"}});
  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().code(), ErrorCode::kNotFound);
  EXPECT_NE(output.error().message().find("skiff-no-such-program"), std::string::npos);
}

TEST(Process, OnlyGivenDescriptorsArePassed) {
  int fds[2];
  ASSERT_EQ(::pipe(fds), 0);  // not close-on-exec on purpose: the number 5 below must be the only way in
  const UniqueFd read_end(fds[0]), write_end(fds[1]);
  const auto output = common::Run({.argv = {"sh", "-c", "echo hello >&5"}, .pass_fds = {{write_end.get(), 5}}});
  ASSERT_TRUE(output && output->status.ok());
  char buffer[8] = {};
  EXPECT_EQ(::read(read_end.get(), buffer, sizeof buffer), 6);
}

TEST(Process, WithNamedDescriptorsOnlyThoseOfOurCallerStayBehind) {
  const int inherited = ::open("/dev/null", O_RDONLY);  // not close-on-exec
  for (const bool named_only : {false, true}) {
    Command command;
    command.argv = {"sh", "-c", fmt::format("test -e /proc/self/fd/{}; echo $?; test -e /proc/self/fd/{}; echo $?", inherited, inherited + 7)};
    command.pass_fds = {{inherited, inherited + 7}};
    command.named_fds_only = named_only;
    const auto output = common::Run(std::move(command));
    ASSERT_TRUE(output) << output.error().message();
    EXPECT_EQ(output->out, named_only ? "1\n0\n" : "0\n0\n");
  }
  ::close(inherited);
}

TEST(Process, StartTimeTellsProcessesApart) {
  EXPECT_GT(*ProcessStartTime(::getpid()), 0u);
  EXPECT_FALSE(ProcessStartTime(1 << 30));
  const uint64_t own = *ProcessStartTime(::getpid());
  EXPECT_TRUE(*ProcessLives(::getpid(), own));
  EXPECT_FALSE(*ProcessLives(::getpid(), own + 1));
  EXPECT_FALSE(*ProcessLives(1 << 30, 1));
}

TEST(Process, OneThatHasEndedDoesNotWork) {
  const auto child = Spawn({.argv = {"sleep", "1000"}});
  ASSERT_TRUE(child);
  const uint64_t start_time = *ProcessStartTime(child->pid);
  EXPECT_TRUE(*ProcessWorks(child->pid, start_time));
  EXPECT_FALSE(*ProcessWorks(child->pid, start_time + 1));
  ::kill(child->pid, SIGKILL);
  siginfo_t ended;
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child->pid), &ended, WEXITED | WNOWAIT), 0);
  EXPECT_FALSE(*ProcessWorks(child->pid, start_time));
  ASSERT_TRUE(Wait(child->pid));
  EXPECT_FALSE(*ProcessWorks(child->pid, start_time));
}

}  // namespace
}  // namespace skiff::common
