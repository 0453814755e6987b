#include <gmock/gmock.h>
#include <linux/capability.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "runtime/capabilities.h"
#include "runtime/cgroup.h"
#include "runtime/infra.h"
#include "runtime/oci_runtime.h"
#include "runtime/seccomp.h"
#include "runtime/seccomp_cache.h"
#include "tests/unit/runtime/root/sandbox.h"

namespace skiff::runtime {
namespace {

using common::ErrorCode;
using testing::HasSubstr;

// A container of busybox that joins an infra container, by the real runtimes.
class OciRuntimeRootTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    SKIP_OUTSIDE_SANDBOX();
    if (!common::FindProgram(GetParam())) GTEST_SKIP() << GetParam() << " is not installed";
    const bool unified = Cgroups::Detect()->unified();
    if (unified && GetParam() == std::string("crun") &&
        ::prctl(PR_CAPBSET_READ, CAP_SYS_RESOURCE, 0, 0, 0) != 1)
      GTEST_SKIP() << "crun's device filter of cgroup v2 needs CAP_SYS_RESOURCE";
    ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    const std::string rootfs = bundle_ + "/rootfs";
    for (const char* directory : {"/bin", "/proc", "/sys", "/dev", "/etc", "/data"})
      ASSERT_TRUE(common::MakeDirectories(rootfs + directory));
    OutputOf({"cp", "/bin/busybox", rootfs + "/bin/sh"});
    OutputOf({"cp", "/bin/busybox", rootfs + "/bin/sleep"});
    for (const char* name : {"mkdir", "touch"}) OutputOf({"cp", "/bin/busybox", rootfs + "/bin/" + name});
    ASSERT_TRUE(common::WriteFile(rootfs + "/bin/forbidden", "x", 0644));
    auto infra = StartInfra({.pause_program = SKIFF_PAUSE_PROGRAM, .hostname = "pod"});
    ASSERT_TRUE(infra) << infra.error().message();
    infra_ = std::move(*infra);
    input_.args = {"/bin/sleep", "60"};
    input_.env = {"PATH=/bin"};
    input_.root_path = rootfs;
    const std::string ns = fmt::format("/proc/{}/ns/", infra_.pid);
    input_.namespaces = {
        {"network", ns + "net"}, {"ipc", ns + "ipc"}, {"uts", ns + "uts"}, {"pid", ""}, {"mount", ""}};
    input_.capabilities = DefaultCapabilities(true);
    input_.cgroups_path = "/skiff-test/c";
    runtime_ = OciRuntime(GetParam(), runtime_root_);
  }
  void TearDown() override {
    if (infra_.pid <= 0) return;
    const auto deleted = runtime_.DeleteForced("c");
    EXPECT_TRUE(deleted) << deleted.error().message();
    EXPECT_FALSE(runtime_.Knows("c"));
    ::kill(infra_.pid, SIGKILL);
    while (::waitpid(-1, nullptr, 0) > 0) {
    }
    EXPECT_TRUE(Cgroups::Detect()->Remove("/skiff-test"));
    EXPECT_TRUE(common::RemoveTree(bundle_));
  }

  common::Result<pid_t> Run() {
    const auto config = WriteOciConfig(input_);
    if (!config) return config.error();
    TRY(common::WriteFile(bundle_ + "/config.json", *config));
    return runtime_.RunDetached(
        {.id = "c", .bundle = bundle_, .pid_file = bundle_ + "/pid", .log_file = bundle_ + "/log"});
  }

  std::string bundle_ = "/run/bundle";
  std::string runtime_root_ = std::string("/run/runtime-test-") + GetParam();
  Infra infra_;
  OciInput input_;
  OciRuntime runtime_{"", ""};
};

TEST_P(OciRuntimeRootTest, MemberJoinsTheInfraContainer) {
  const auto pid = Run();
  ASSERT_TRUE(pid) << pid.error().message();
  const std::string own = std::to_string(*pid), infra = std::to_string(infra_.pid);
  for (const char* type : {"net", "ipc", "uts"})
    EXPECT_EQ(NamespaceOf(own, type), NamespaceOf(infra, type)) << type;
  for (const char* type : {"pid", "mnt"})
    EXPECT_NE(NamespaceOf(own, type), NamespaceOf("self", type)) << type;
  EXPECT_EQ(StatusOf(*pid, "CapBnd"), "00000000a80425fb");
  EXPECT_EQ(StatusOf(*pid, "CapEff"), "00000000a80425fb");
  EXPECT_TRUE(runtime_.Knows("c"));
  EXPECT_TRUE(runtime_.Kill("c", SIGKILL));
  EXPECT_EQ(common::Wait(*pid)->signal, SIGKILL);
}

TEST_P(OciRuntimeRootTest, OrdinaryUserWithoutPrivileges) {
  input_.uid = input_.gid = 1000;
  input_.capabilities = {"CAP_CHOWN", "CAP_NET_ADMIN"};
  input_.ambient_capabilities = {"CAP_NET_ADMIN"};
  input_.no_new_privileges = true;
  const auto profile = ReadDefaultSeccompProfile({.config_dir = "/etc/containers"});
  ASSERT_TRUE(profile) << profile.error().message();
  const auto seccomp = ResolveSeccomp(*profile, input_.capabilities, "default");
  ASSERT_TRUE(seccomp) << seccomp.error().message();
  input_.seccomp_json = *seccomp;
  const auto pid = Run();
  ASSERT_TRUE(pid) << pid.error().message();
  EXPECT_EQ(StatusOf(*pid, "Uid"), "1000\t1000\t1000\t1000");
  EXPECT_EQ(StatusOf(*pid, "CapBnd"), "0000000000001001");
  for (const char* set : {"CapEff", "CapPrm", "CapInh", "CapAmb"})
    EXPECT_EQ(StatusOf(*pid, set), "0000000000001000") << set;
  EXPECT_EQ(StatusOf(*pid, "NoNewPrivs"), "1");
  // The filter comes last, when the runtime has already reported success.
  for (int i = 0; i < 200 && StatusOf(*pid, "Seccomp") != "2"; ++i) ::usleep(5000);
  EXPECT_EQ(StatusOf(*pid, "Seccomp"), "2");
}

TEST_P(OciRuntimeRootTest, CompiledFilterIsTakenBack) {
  const SeccompCache cache(bundle_ + "/cache", GetParam(), runtime_root_);
  // Denies mkdir(2), which the test can see from inside; the second start must do so too.
  input_.seccomp_json =
      R"({"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO"}]})";
  input_.args = {"/bin/sh", "-c", "mkdir /made && touch /made/it; touch /done; sleep 60"};
  for (int start = 0; start < 2; ++start) {
    input_.seccomp_filter = cache.Find(input_.seccomp_json).value_or("");
    const auto pid = Run();
    ASSERT_TRUE(pid) << pid.error().message();
    for (int i = 0; i < 200 && !common::PathExists(input_.root_path + "/done"); ++i) ::usleep(5000);
    EXPECT_TRUE(common::PathExists(input_.root_path + "/done"));
    EXPECT_FALSE(common::PathExists(input_.root_path + "/made"));
    EXPECT_EQ(StatusOf(*pid, "Seccomp"), "2");
    const auto stored = cache.Store("c", input_.seccomp_json);
    if (!stored) GTEST_SKIP() << GetParam() << ": " << stored.error().message();
    ASSERT_TRUE(runtime_.DeleteForced("c"));
    ASSERT_TRUE(common::RemoveFile(input_.root_path + "/done"));
  }
  if (common::PathExists(runtime_root_ + "/.cache/seccomp"))
    GTEST_SKIP() << GetParam() << " keeps a cache of its own";
  EXPECT_NE(input_.seccomp_filter, "");
}

TEST_P(OciRuntimeRootTest, PrivilegedSeesTheHostsDevices) {
  input_.privileged = true;
  input_.capabilities = AllCapabilities();
  const auto pid = Run();
  ASSERT_TRUE(pid) << pid.error().message();
  EXPECT_EQ(StatusOf(*pid, "CapEff"), StatusOf(::getpid(), "CapBnd"));
  EXPECT_EQ(StatusOf(*pid, "Seccomp"), "0");
  EXPECT_TRUE(common::PathExists(fmt::format("/proc/{}/root/dev/kmsg", *pid)));
}

TEST_P(OciRuntimeRootTest, CommandsThatCannotRun) {
  const auto error = [&](const std::string& command) {
    input_.args = {command};
    const auto pid = Run();
    EXPECT_FALSE(pid) << command;
    EXPECT_FALSE(runtime_.Knows("c"));
    return pid ? common::Error(ErrorCode::kInternal, "started") : pid.error();
  };
  EXPECT_EQ(error("nosuch").code(), ErrorCode::kCommandNotFound);
  EXPECT_EQ(error("/bin/nosuch").code(), ErrorCode::kCommandNotFound);
  EXPECT_EQ(error("/bin").code(), ErrorCode::kCommandNotExecutable);
  const auto forbidden = error("/bin/forbidden");
  EXPECT_EQ(forbidden.code(), ErrorCode::kCommandNotExecutable);
  EXPECT_THAT(forbidden.message(), HasSubstr("the command \"/bin/forbidden\" cannot be executed"));
}

TEST_P(OciRuntimeRootTest, MissingMountSourceIsNotTheCommandsFault) {
  input_.mounts = {{"/data", "bind", "/nonexistent/source", {"bind"}}};
  const auto pid = Run();
  ASSERT_FALSE(pid);
  EXPECT_EQ(pid.error().code(), ErrorCode::kInternal);
  EXPECT_THAT(pid.error().message(), HasSubstr("/nonexistent/source"));
}

INSTANTIATE_TEST_SUITE_P(Runtimes, OciRuntimeRootTest, testing::Values("crun", "runc"),
                         [](const auto& parameter) { return std::string(parameter.param); });

}  // namespace
}  // namespace skiff::runtime
