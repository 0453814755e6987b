#include "runtime/seccomp.h"

#include <gmock/gmock.h>

#include "common/file.h"
#include "common/json.h"

namespace skiff::runtime {
namespace {

using common::ErrorCode;

// One rule with the given conditions around a call named "probe".
std::string ProfileWith(const std::string& conditions) {
  return R"({"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["probe"],"action":"SCMP_ACT_ALLOW")" +
         conditions + "}]}";
}

bool Allows(const std::string& conditions, const std::vector<std::string>& capabilities) {
  const auto resolved = ResolveSeccomp(ProfileWith(conditions), capabilities, "profile");
  EXPECT_TRUE(resolved) << resolved.error().message();
  return resolved && resolved->find("probe") != std::string::npos;
}

TEST(Seccomp, CapabilityConditions) {
  const std::string includes = R"(,"includes":{"caps":["CAP_SYS_ADMIN"]})";
  EXPECT_TRUE(Allows(includes, {"CAP_CHOWN", "CAP_SYS_ADMIN"}));
  EXPECT_FALSE(Allows(includes, {"CAP_CHOWN"}));
  const std::string both = R"(,"includes":{"caps":["CAP_SYS_ADMIN","CAP_BPF"]})";
  EXPECT_FALSE(Allows(both, {"CAP_BPF"}));
  EXPECT_TRUE(Allows(both, {"CAP_BPF", "CAP_SYS_ADMIN"}));
  const std::string excludes = R"(,"excludes":{"caps":["CAP_SYS_ADMIN","CAP_BPF"]})";
  EXPECT_FALSE(Allows(excludes, {"CAP_BPF"}));
  EXPECT_TRUE(Allows(excludes, {"CAP_CHOWN"}));
}

TEST(Seccomp, ArchitectureConditions) {
#if defined(__x86_64__)
  const std::string own = "amd64", other = "arm64";
#else
  const std::string own = "arm64", other = "amd64";
#endif
  EXPECT_TRUE(Allows(R"(,"includes":{"arches":[")" + own + R"("]})", {}));
  EXPECT_FALSE(Allows(R"(,"includes":{"arches":[")" + other + R"("]})", {}));
  EXPECT_FALSE(Allows(R"(,"excludes":{"arches":[")" + own + R"("]})", {}));
}

TEST(Seccomp, KernelConditions) {
  EXPECT_TRUE(Allows(R"(,"includes":{"minKernel":"4.8"})", {}));
  EXPECT_FALSE(Allows(R"(,"includes":{"minKernel":"999.0"})", {}));
  EXPECT_FALSE(Allows(R"(,"excludes":{"minKernel":"4.8"})", {}));
}

TEST(Seccomp, DockerFormBecomesRuntimeSpecForm) {
  const auto resolved = ResolveSeccomp(
      R"({"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":38,"defaultErrno":"ENOSYS",
          "archMap":[{"architecture":"SCMP_ARCH_X86_64","subArchitectures":["SCMP_ARCH_X86"]},
                     {"architecture":"SCMP_ARCH_AARCH64","subArchitectures":["SCMP_ARCH_ARM"]}],
          "syscalls":[{"names":["clone"],"action":"SCMP_ACT_ERRNO","errnoRet":1,"errno":"EPERM","comment":"",
                       "args":[{"index":0,"value":7,"valueTwo":0,"op":"SCMP_CMP_MASKED_EQ"}],"includes":{},"excludes":{}},
                      {"names":["read","write"],"action":"SCMP_ACT_ALLOW","args":[]},
                      {"name":"open","action":"SCMP_ACT_ALLOW","args":null}]})",
      {}, "profile");
  ASSERT_TRUE(resolved) << resolved.error().message();
#if defined(__x86_64__)
  const std::string architectures = R"(["SCMP_ARCH_X86_64","SCMP_ARCH_X86"])";
#else
  const std::string architectures = R"(["SCMP_ARCH_AARCH64","SCMP_ARCH_ARM"])";
#endif
  EXPECT_EQ(
      *resolved,
      R"({"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":38,"architectures":)" + architectures +
          R"(,"syscalls":[{"names":["clone"],"action":"SCMP_ACT_ERRNO","errnoRet":1,)"
          R"("args":[{"index":0,"value":7,"valueTwo":0,"op":"SCMP_CMP_MASKED_EQ"}]},)"
          R"({"names":["read","write"],"action":"SCMP_ACT_ALLOW"},{"names":["open"],"action":"SCMP_ACT_ALLOW"}]})");
}

TEST(Seccomp, RuntimeSpecFormPassesThrough) {
  const std::string profile =
      R"({"defaultAction":"SCMP_ACT_ALLOW","flags":["SECCOMP_FILTER_FLAG_LOG"],"architectures":["SCMP_ARCH_X86_64"],)"
      R"("syscalls":[{"names":["mkdir"],"action":"SCMP_ACT_ERRNO"}]})";
  const auto resolved = ResolveSeccomp(profile, {}, "profile");
  ASSERT_TRUE(resolved);
  EXPECT_EQ(*resolved, profile);
}

TEST(Seccomp, ErrorsNameThePlace) {
  const auto broken = ResolveSeccomp("{\n  \"defaultAction\": }", {}, "/etc/p.json");
  ASSERT_FALSE(broken);
  EXPECT_THAT(broken.error().message(), testing::StartsWith("/etc/p.json:2:"));
  const auto action = ResolveSeccomp(R"({"defaultAction":"DENY"})", {}, "/etc/p.json");
  ASSERT_FALSE(action);
  EXPECT_EQ(action.error().message(), "/etc/p.json: defaultAction \"DENY\" is not a seccomp action");
  const auto rule = ResolveSeccomp(
      R"({"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["read"],"action":"SCMP_ACT_ALLOW"},{"action":"SCMP_ACT_LOG"}]})",
      {}, "/etc/p.json");
  ASSERT_FALSE(rule);
  EXPECT_EQ(rule.error().message(), "/etc/p.json: syscalls[1] names no system call");
  EXPECT_EQ(rule.error().code(), ErrorCode::kInvalid);
}

TEST(Seccomp, DefaultProfileComesFromTheConfigurationFirst) {
  const std::string directory = testing::TempDir() + "/seccomp-config";
  ASSERT_TRUE(common::MakeDirectories(directory));
  ASSERT_TRUE(common::WriteFile(directory + "/seccomp.json", "{\"mine\":true}"));
  common::SystemPaths paths;
  paths.config_dir = directory;
  const auto text = ReadDefaultSeccompProfile(paths);
  ASSERT_TRUE(text);
  EXPECT_EQ(*text, "{\"mine\":true}");
}

TEST(Seccomp, DistributionsProfileResolves) {
  common::SystemPaths paths;
  paths.config_dir = "/nonexistent";
  const auto profile = ReadDefaultSeccompProfile(paths);
  if (!profile) GTEST_SKIP() << profile.error().message();
  const auto with = ResolveSeccomp(*profile, {"CAP_SYS_CHROOT"}, "default");
  ASSERT_TRUE(with) << with.error().message();
  const auto without = ResolveSeccomp(*profile, {}, "default");
  ASSERT_TRUE(without);
  const auto action_of_chroot = [](const std::string& text) -> std::string {
    const auto document = common::ParseJson(text, "resolved");
    for (const auto& rule : common::FindArray(*document, "syscalls")->GetArray()) {
      for (const auto& name : common::GetStrings(rule, "names"))
        if (name == "chroot") return std::string(common::GetString(rule, "action"));
    }
    return "none";
  };
  EXPECT_EQ(action_of_chroot(*with), "SCMP_ACT_ALLOW");
  EXPECT_EQ(action_of_chroot(*without), "SCMP_ACT_ERRNO");
}

}  // namespace
}  // namespace skiff::runtime
