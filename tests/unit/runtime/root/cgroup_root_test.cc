#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>

#include "common/ids.h"
#include "runtime/cgroup.h"
#include "tests/unit/runtime/root/sandbox.h"

namespace skiff::runtime {
namespace {

using common::ErrorCode;

class CgroupRootTest : public testing::Test {
 protected:
  void SetUp() override {
    SKIP_OUTSIDE_SANDBOX();
    auto cgroups = Cgroups::Detect();
    ASSERT_TRUE(cgroups) << cgroups.error().message();
    cgroups_ = std::move(*cgroups);
    pod_ = "/skiff-test/pod-" + common::RandomHex(8);
    const auto created = cgroups_->Create(pod_ + "/c1");
    ASSERT_TRUE(created) << created.error().message();
  }
  void TearDown() override {
    if (!cgroups_) return;
    EXPECT_TRUE(cgroups_->KillAll(pod_));
    const auto removed = cgroups_->Remove("/skiff-test");
    EXPECT_TRUE(removed) << removed.error().message();
    EXPECT_EQ(OutputOf({"find", "/sys/fs/cgroup", "-path", "*skiff-test*"}), "");
  }

  pid_t StartIn(const std::string& cgroup, const std::string& script) {
    common::Command command;
    command.argv = {"sh", "-c", "read go; " + script};
    int fds[2];
    EXPECT_EQ(::pipe2(fds, O_CLOEXEC), 0);
    const common::UniqueFd read_end(fds[0]), write_end(fds[1]);
    command.stdin_fd = read_end.get();
    auto child = common::Spawn(command);
    EXPECT_TRUE(child);
    const auto added = cgroups_->AddProcess(cgroup, child->pid);
    EXPECT_TRUE(added) << added.error().message();
    EXPECT_TRUE(common::WriteAll(write_end.get(), "go\n"));
    return child->pid;
  }

  std::optional<Cgroups> cgroups_;
  std::string pod_;
};

TEST_F(CgroupRootTest, KillAllReachesWhatKeepsForking) {
  const pid_t pid = StartIn(pod_ + "/c1", "while :; do sleep 5 & sleep 0.002; done");
  ::usleep(100'000);
  const auto before = cgroups_->Processes(pod_);
  ASSERT_TRUE(before);
  EXPECT_GT(before->size(), 3u);
  EXPECT_EQ(cgroups_->Remove(pod_).error().code(), ErrorCode::kBusy);
  const auto killed = cgroups_->KillAll(pod_);
  ASSERT_TRUE(killed) << killed.error().message();
  EXPECT_EQ(common::Wait(pid)->signal, SIGKILL);
  const auto after = cgroups_->Processes(pod_);
  ASSERT_TRUE(after);
  EXPECT_THAT(*after, testing::IsEmpty());
}

TEST_F(CgroupRootTest, CreatingAgainIsFineAndEveryHierarchyTakesProcesses) {
  EXPECT_TRUE(cgroups_->Create(pod_ + "/c1"));
  EXPECT_TRUE(cgroups_->Create(pod_ + "/c2"));
  const pid_t pid = StartIn(pod_ + "/c2", "sleep 60");
  // A cpuset without processors would refuse.
  if (!cgroups_->unified()) {
    const auto joined =
        common::WriteFile("/sys/fs/cgroup/cpuset" + pod_ + "/c2/cgroup.procs", std::to_string(pid));
    EXPECT_TRUE(joined) << joined.error().message();
  }
  const auto pids = cgroups_->Processes(pod_ + "/c2");
  ASSERT_TRUE(pids);
  EXPECT_THAT(*pids, testing::Contains(pid));
  EXPECT_TRUE(cgroups_->KillAll(pod_ + "/c2"));
  EXPECT_EQ(common::Wait(pid)->signal, SIGKILL);
}

TEST_F(CgroupRootTest, LimitsActAndOomKillsAreCounted) {
  OciResources resources;
  resources.memory_limit = 16 << 20;
  resources.pids_limit = 100;
  const auto limited = cgroups_->SetLimits(pod_ + "/c1", resources);
  if (!limited && limited.error().code() == ErrorCode::kUnsupported)
    GTEST_SKIP() << limited.error().message();
  ASSERT_TRUE(limited) << limited.error().message();
  EXPECT_EQ(cgroups_->OomKills(pod_ + "/c1").value_or(99), 0u);
  const pid_t pid = StartIn(pod_ + "/c1", "head -c 64M /dev/zero | tail -c 64M > /dev/null");
  EXPECT_EQ(common::Wait(pid)->ToCode(), 128 + SIGKILL);
  EXPECT_EQ(cgroups_->OomKills(pod_ + "/c1").value_or(0), 1u);
  const auto usage = cgroups_->ReadUsage(pod_ + "/c1");
  ASSERT_TRUE(usage) << usage.error().message();
  EXPECT_GT(usage->cpu_ns, 0u);
  EXPECT_EQ(usage->pids, 0u);
}

}  // namespace
}  // namespace skiff::runtime
