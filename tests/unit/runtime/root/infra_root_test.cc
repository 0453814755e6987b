#include <gmock/gmock.h>
#include <linux/capability.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/statvfs.h>
#include <sys/wait.h>

#include "runtime/infra.h"
#include "tests/unit/runtime/root/sandbox.h"

namespace skiff::runtime {
namespace {

using common::ErrorCode;
using testing::ElementsAre;
using testing::HasSubstr;

class InfraTest : public testing::Test {
 protected:
  void SetUp() override {
    SKIP_OUTSIDE_SANDBOX();
    options_.pause_program = SKIFF_PAUSE_PROGRAM;
    options_.hostname = "pod-host";
  }
  void TearDown() override {
    if (infra_.pid <= 0) return;
    ::kill(infra_.pid, SIGKILL);
    const auto status = common::Wait(infra_.pid);
    ASSERT_TRUE(status);
    EXPECT_EQ(status->signal, SIGKILL);
  }

  void Start() {
    auto infra = StartInfra(options_);
    ASSERT_TRUE(infra) << infra.error().message();
    infra_ = std::move(*infra);
    pid_ = std::to_string(infra_.pid);
  }
  std::string InNamespaces(const std::string& flags, std::vector<std::string> argv) {
    argv.insert(argv.begin(), {"nsenter", "-t", pid_, flags});
    return OutputOf(std::move(argv));
  }

  InfraOptions options_;
  Infra infra_;
  std::string pid_;
};

TEST_F(InfraTest, NamespacesHostnameAndSysctls) {
  options_.sysctls = {{"net.ipv4.ip_local_port_range", "20000 30000"}, {"kernel/shm_rmid_forced", "1"}};
  Start();
  for (const char* type : {"net", "ipc", "uts", "mnt"})
    EXPECT_NE(NamespaceOf(pid_, type), NamespaceOf("self", type)) << type;
  EXPECT_EQ(NamespaceOf(pid_, "pid"), NamespaceOf("self", "pid"));
  EXPECT_EQ(InNamespaces("-u", {"hostname"}), "pod-host");
  EXPECT_EQ(InNamespaces("-n", {"cat", "/proc/sys/net/ipv4/ip_local_port_range"}), "20000\t30000");
  EXPECT_EQ(InNamespaces("-i", {"cat", "/proc/sys/kernel/shm_rmid_forced"}), "1");
  EXPECT_NE(OutputOf({"hostname"}), "pod-host");
}

TEST_F(InfraTest, HasNoRights) {
  Start();
  for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"})
    EXPECT_EQ(StatusOf(infra_.pid, set), "0000000000000000") << set;
  EXPECT_EQ(StatusOf(infra_.pid, "Uid"), "65535\t65535\t65535\t65535");
  EXPECT_EQ(StatusOf(infra_.pid, "Gid"), "65535\t65535\t65535\t65535");
  EXPECT_EQ(StatusOf(infra_.pid, "Groups"), "");
  EXPECT_EQ(StatusOf(infra_.pid, "NoNewPrivs"), "1");
  EXPECT_EQ(StatusOf(infra_.pid, "Seccomp"), "2");
  // Nobody lowers it without CAP_SYS_RESOURCE.
  const bool can_lower = ::prctl(PR_CAPBSET_READ, CAP_SYS_RESOURCE, 0, 0, 0) == 1;
  const std::string own = common::ReadFile("/proc/self/oom_score_adj").value_or("");
  EXPECT_EQ(common::ReadFile("/proc/" + pid_ + "/oom_score_adj").value_or(""), can_lower ? "-998\n" : own);
  // The name is set by the program itself, after the exec that StartInfra waits for.
  for (int i = 0; i < 200 && StatusOf(infra_.pid, "Name") != "skiff-pause"; ++i) ::usleep(5000);
  EXPECT_EQ(StatusOf(infra_.pid, "Name"), "skiff-pause");
}

TEST_F(InfraTest, RootIsEmptyAndReadOnlyAndNothingIsOpen) {
  Start();
  const auto names = common::ListDirectory("/proc/" + pid_ + "/root");
  ASSERT_TRUE(names);
  EXPECT_THAT(*names, testing::IsEmpty());
  struct statvfs info;
  ASSERT_EQ(::statvfs(("/proc/" + pid_ + "/root").c_str(), &info), 0);
  EXPECT_NE(info.f_flag & ST_RDONLY, 0);
  EXPECT_EQ(common::ReadFile("/proc/" + pid_ + "/mountinfo").value_or("").find('\n') + 1,
            common::ReadFile("/proc/" + pid_ + "/mountinfo").value_or("").size());
  const auto fds = common::ListDirectory("/proc/" + pid_ + "/fd");
  ASSERT_TRUE(fds);
  EXPECT_THAT(*fds, ElementsAre("0", "1", "2"));
  for (const auto& fd : *fds)
    EXPECT_EQ(common::ReadLink("/proc/" + pid_ + "/fd/" + fd).value_or(""), "/dev/null");
}

TEST_F(InfraTest, IgnoresSignalsAndReapsInASharedPidNamespace) {
  options_.pid = true;
  Start();
  EXPECT_NE(NamespaceOf(pid_, "pid"), NamespaceOf("self", "pid"));
  EXPECT_EQ(
      InNamespaces("-p", {"sh", "-c",
                          "for s in TERM INT HUP QUIT USR1; do kill -$s 1; done; (sleep 0.05 &) ; echo ok"}),
      "ok");
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) ASSERT_EQ(::kill(infra_.pid, signal), 0);
  // The orphan has become a child of pause; it is gone once it has been reaped.
  const std::string children = "/proc/" + pid_ + "/task/" + pid_ + "/children";
  for (int i = 0; i < 200 && common::ReadFile(children).value_or("") != ""; ++i) ::usleep(10000);
  EXPECT_EQ(common::ReadFile(children).value_or("?"), "");
  int status;
  EXPECT_EQ(::waitpid(infra_.pid, &status, WNOHANG), 0) << "pause has ended";
}

TEST_F(InfraTest, JoinsANetworkNamespace) {
  Start();
  InfraOptions second = options_;
  second.net = false;
  second.net_path = "/proc/" + pid_ + "/ns/net";
  auto infra = StartInfra(second);
  ASSERT_TRUE(infra) << infra.error().message();
  EXPECT_EQ(NamespaceOf(std::to_string(infra->pid), "net"), NamespaceOf(pid_, "net"));
  ::kill(infra->pid, SIGKILL);
  ASSERT_TRUE(common::Wait(infra->pid));
}

TEST_F(InfraTest, HostNamespacesStayShared) {
  options_.net = options_.ipc = options_.uts = false;
  Start();
  for (const char* type : {"net", "ipc", "uts"})
    EXPECT_EQ(NamespaceOf(pid_, type), NamespaceOf("self", type)) << type;
  EXPECT_NE(OutputOf({"hostname"}), "pod-host");
}

TEST_F(InfraTest, FailuresNameTheStepAndLeaveNoProcess) {
  const auto message = [&] {
    const auto infra = StartInfra(options_);
    EXPECT_FALSE(infra);
    EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a child was left behind";
    return infra ? std::string() : infra.error().message();
  };
  options_.pause_program = "/nonexistent/pause";
  EXPECT_EQ(message(), "infra container: pause program: open /nonexistent/pause: No such file or directory");
  options_.pause_program = "/proc/self/status";
  EXPECT_EQ(message(), "infra container: execute /proc/self/status: Permission denied");
  options_.pause_program = SKIFF_PAUSE_PROGRAM;
  options_.sysctls = {{"net.ipv4.ip_forward", "1"}, {"net.ipv4.no_such_thing", "1"}};
  EXPECT_EQ(message(),
            "infra container: set sysctl net.ipv4.no_such_thing to \"1\": No such file or directory");
  options_.sysctls = {{"net.ipv4.ip_forward", "perhaps"}};
  EXPECT_EQ(message(), "infra container: set sysctl net.ipv4.ip_forward to \"perhaps\": Invalid argument");
  options_.net = false;
  EXPECT_EQ(message(),
            "infra container: sysctl \"net.ipv4.ip_forward\" cannot be set in a pod that uses the host's "
            "network namespace");
  options_.sysctls.clear();
  options_.net_path = "/dev/null";
  EXPECT_EQ(message(), "infra container: join the network namespace /dev/null: Invalid argument");
  options_.hostname = std::string(65, 'x');
  EXPECT_THAT(message(), HasSubstr("longer than 64 characters"));
}

}  // namespace
}  // namespace skiff::runtime
