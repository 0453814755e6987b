#include "runtime/cgroup.h"

#include <gmock/gmock.h>

#include "common/file.h"
#include "common/ids.h"

namespace skiff::runtime {
namespace {

using common::ErrorCode;
using testing::ElementsAre;

// Folders and files that stand for a cgroup tree: what is written is seen, nothing is enforced.
class CgroupTest : public testing::Test {
 protected:
  void SetUp() override {
    base_ = testing::TempDir() + "/cgroup-" + common::RandomHex(8);
    root_ = base_ + "/fs";
    Write("proc/self/mountinfo", "");
  }
  void TearDown() override { EXPECT_TRUE(common::RemoveTree(base_)); }

  void Write(const std::string& path, const std::string& text) {
    const std::string full = base_ + "/" + path;
    ASSERT_TRUE(common::MakeDirectories(full.substr(0, full.rfind('/'))));
    ASSERT_TRUE(common::WriteFile(full, text));
  }
  std::string Read(const std::string& path) {
    return common::ReadFile(base_ + "/" + path).value_or("absent");
  }
  std::string Mount(const std::string& where, const std::string& type, const std::string& options) {
    return "31 23 0:28 / " + root_ + where + " rw,relatime shared:9 - " + type + " x " + options + "\n";
  }
  Cgroups Unified() {
    Write("proc/self/mountinfo", Mount("", "cgroup2", "rw"));
    return *Cgroups::Detect(root_, base_ + "/proc");
  }
  Cgroups Legacy() {
    Write("proc/self/mountinfo",
          "22 27 0:21 / /proc rw - proc proc rw\n" + Mount("", "tmpfs", "rw") +
              Mount("/cpu,cpuacct", "cgroup", "rw,cpu,cpuacct") + Mount("/memory", "cgroup", "rw,memory") +
              Mount("/pids", "cgroup", "rw,pids") + Mount("/devices", "cgroup", "rw,devices") +
              Mount("/systemd", "cgroup", "rw,xattr,name=systemd") +
              Mount("/unified", "cgroup2", "rw,nsdelegate"));
    return *Cgroups::Detect(root_, base_ + "/proc");
  }

  std::string base_;
  std::string root_;
};

TEST_F(CgroupTest, NothingMountedIsUnsupported) {
  const auto cgroups = Cgroups::Detect(root_, base_ + "/proc");
  ASSERT_FALSE(cgroups);
  EXPECT_EQ(cgroups.error().code(), ErrorCode::kUnsupported);
  EXPECT_EQ(cgroups.error().message(), "no cgroup file system is mounted at " + root_ +
                                           "; mount one: mount -t cgroup2 cgroup2 " + root_);
}

TEST_F(CgroupTest, UnifiedLimits) {
  const Cgroups cgroups = Unified();
  EXPECT_TRUE(cgroups.unified());
  for (const char* file : {"cpu.weight", "cpu.max", "memory.max", "memory.low", "memory.swap.max", "pids.max",
                           "cpuset.cpus", "memory.oom.group"})
    Write(std::string("fs/p/") + file, "");
  OciResources resources;
  resources.cpu_shares = 512;
  resources.cpu_quota = 50000;
  resources.memory_limit = 1 << 20;
  resources.memory_reservation = 4096;
  resources.memory_swap = 3 << 20;
  resources.pids_limit = -1;
  resources.cpuset_cpus = "0-1";
  resources.unified = {{"memory.oom.group", "1"}};
  const auto result = cgroups.SetLimits("/p", resources);
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(Read("fs/p/cpu.weight"), "59");  // kube-semantics.md 3.3: 500m
  EXPECT_EQ(Read("fs/p/cpu.max"), "50000 100000");
  EXPECT_EQ(Read("fs/p/memory.max"), "1048576");
  EXPECT_EQ(Read("fs/p/memory.low"), "4096");
  EXPECT_EQ(Read("fs/p/memory.swap.max"), "2097152");
  EXPECT_EQ(Read("fs/p/pids.max"), "max");
  EXPECT_EQ(Read("fs/p/cpuset.cpus"), "0-1");
  EXPECT_EQ(Read("fs/p/memory.oom.group"), "1");
}

TEST_F(CgroupTest, WeightsOfTheTable) {
  const Cgroups cgroups = Unified();
  for (const auto& [shares, weight] : std::vector<std::pair<uint64_t, std::string>>{
           {2, "1"}, {102, "17"}, {512, "59"}, {1024, "100"}, {262144, "10000"}}) {
    Write("fs/p/cpu.weight", "");
    OciResources resources;
    resources.cpu_shares = shares;
    ASSERT_TRUE(cgroups.SetLimits("/p", resources));
    EXPECT_EQ(Read("fs/p/cpu.weight"), weight) << shares;
  }
}

TEST_F(CgroupTest, MissingControllerIsNamed) {
  const Cgroups cgroups = Unified();
  Write("fs/p/cgroup.procs", "");
  OciResources resources;
  resources.memory_limit = 1 << 20;
  const auto result = cgroups.SetLimits("/p", resources);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::kUnsupported);
  EXPECT_EQ(result.error().message(),
            "cannot limit: " + root_ +
                "/p has no file memory.max (the cgroup controller \"memory\" is not enabled there)");
}

TEST_F(CgroupTest, LegacyLimitsGoToTheirHierarchies) {
  const Cgroups cgroups = Legacy();
  EXPECT_FALSE(cgroups.unified());
  Write("fs/cpu,cpuacct/p/cpu.shares", "");
  Write("fs/cpu,cpuacct/p/cpu.cfs_quota_us", "");
  Write("fs/cpu,cpuacct/p/cpu.cfs_period_us", "");
  Write("fs/memory/p/memory.limit_in_bytes", "");
  Write("fs/pids/p/pids.max", "");
  OciResources resources;
  resources.cpu_shares = 2;
  resources.cpu_quota = 1000;
  resources.cpu_period = 100000;
  resources.memory_limit = 1 << 20;
  resources.memory_swap = 1 << 20;  // no file of that name: a kernel that does not count swap
  resources.pids_limit = 7;
  const auto result = cgroups.SetLimits("/p", resources);
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(Read("fs/cpu,cpuacct/p/cpu.shares"), "2");
  EXPECT_EQ(Read("fs/cpu,cpuacct/p/cpu.cfs_quota_us"), "1000");
  EXPECT_EQ(Read("fs/cpu,cpuacct/p/cpu.cfs_period_us"), "100000");
  EXPECT_EQ(Read("fs/memory/p/memory.limit_in_bytes"), "1048576");
  EXPECT_EQ(Read("fs/pids/p/pids.max"), "7");
  resources = {};
  resources.cpuset_cpus = "0";
  EXPECT_EQ(cgroups.SetLimits("/p", resources).error().message(),
            "the cgroup controller \"cpuset\" is not mounted on this machine");
}

TEST_F(CgroupTest, ProcessesJoinWhatAccountsForThem) {
  const Cgroups cgroups = Legacy();
  const std::vector<std::string> hierarchies = {"cpu,cpuacct", "memory",  "pids",
                                                "devices",     "systemd", "unified"};
  for (const auto& name : hierarchies) Write("fs/" + name + "/p/cgroup.procs", "");
  ASSERT_TRUE(cgroups.AddProcess("/p", 99));
  for (const auto& name : hierarchies)
    EXPECT_EQ(Read("fs/" + name + "/p/cgroup.procs"), name == "devices" ? "" : "99") << name;
}

// The kernel refuses processes in a group that gives controllers to its children.
TEST_F(CgroupTest, OnlyGroupsOfGroupsGiveControllersToTheirChildren) {
  const Cgroups cgroups = Unified();
  for (const std::string group : {"fs", "fs/a", "fs/a/pod", "fs/a/leaf"}) {
    Write(group + "/cgroup.controllers", "cpu memory\n");
    Write(group + "/cgroup.subtree_control", "");
  }
  ASSERT_TRUE(cgroups.Create("/a/pod"));
  ASSERT_TRUE(cgroups.CreateForProcesses("/a/leaf"));
  for (const std::string group : {"fs", "fs/a", "fs/a/pod"})
    EXPECT_EQ(Read(group + "/cgroup.subtree_control"), "+cpu +memory") << group;
  EXPECT_EQ(Read("fs/a/leaf/cgroup.subtree_control"), "");
}

TEST_F(CgroupTest, OwnProcessesGetGroupsWhereTheyAreCounted) {
  const Cgroups cgroups = Legacy();
  for (const std::string name : {"cpu,cpuacct", "memory", "pids", "devices", "systemd", "unified"})
    ASSERT_TRUE(common::MakeDirectories(root_ + "/" + name));
  ASSERT_TRUE(cgroups.CreateForProcesses("/p"));
  for (const std::string name : {"cpu,cpuacct", "memory", "pids", "systemd", "unified"})
    EXPECT_TRUE(common::PathExists(root_ + "/" + name + "/p")) << name;
  EXPECT_FALSE(common::PathExists(root_ + "/devices/p"));
}

TEST_F(CgroupTest, EnteringMovesOneThread) {
  const Cgroups cgroups = Legacy();
  for (const std::string name : {"cpu,cpuacct", "memory", "pids", "systemd"}) Write("fs/" + name + "/p/tasks", "");
  Write("fs/unified/p/cgroup.procs", "");
  ASSERT_TRUE(cgroups.Enter("/p"));
  EXPECT_EQ(Read("fs/memory/p/tasks"), "0");
  EXPECT_EQ(Read("fs/unified/p/cgroup.procs"), "0");
  const auto entrance = cgroups.OpenEntrance("/p");
  ASSERT_TRUE(entrance) << entrance.error().message();
  EXPECT_TRUE(entrance->directory);
  EXPECT_EQ(entrance->tasks.size(), 4u);
}

TEST_F(CgroupTest, ProcessesBelowAreFound) {
  const Cgroups cgroups = Unified();
  Write("fs/p/cgroup.procs", "5\n0\n");
  Write("fs/p/c1/cgroup.procs", "6\n7\n");
  Write("fs/p/c1/deep/cgroup.procs", "8\n");
  const auto pids = cgroups.Processes("/p");
  ASSERT_TRUE(pids);
  EXPECT_THAT(*pids, testing::UnorderedElementsAre(5, 6, 7, 8));
  const auto absent = cgroups.Processes("/other");
  ASSERT_TRUE(absent);
  EXPECT_THAT(*absent, testing::IsEmpty());
}

TEST_F(CgroupTest, UsageAndOomKills) {
  const Cgroups unified = Unified();
  Write("fs/p/memory.current", "4096\n");
  Write("fs/p/cpu.stat", "usage_usec 17\nuser_usec 10\n");
  Write("fs/p/memory.events", "low 0\noom 3\noom_kill 2\n");
  auto usage = unified.ReadUsage("/p");
  ASSERT_TRUE(usage) << usage.error().message();
  EXPECT_EQ(usage->memory, 4096u);
  EXPECT_EQ(usage->cpu_ns, 17000u);
  EXPECT_EQ(usage->pids, 0u);
  EXPECT_EQ(unified.OomKills("/p").value(), 2u);
  EXPECT_EQ(unified.ReadUsage("/other").error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(unified.OomKills("/other").error().code(), ErrorCode::kNotFound);
}

TEST_F(CgroupTest, TheRootIsNotForRemoval) {
  const Cgroups cgroups = Unified();
  EXPECT_EQ(cgroups.Remove("/").error().code(), ErrorCode::kInvalid);
  EXPECT_EQ(cgroups.KillAll("").error().code(), ErrorCode::kInvalid);
  EXPECT_TRUE(cgroups.Remove("/absent"));
  EXPECT_TRUE(cgroups.KillAll("/absent"));
}

}  // namespace
}  // namespace skiff::runtime
