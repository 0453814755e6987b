#include "runtime/oci_config.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file.h"
#include "common/json.h"
#include "runtime/capabilities.h"
#include "runtime/oci_devices.h"

namespace skiff::runtime {
namespace {

using common::ErrorCode;

OciInput Minimal() {
  OciInput input;
  input.args = {"sh"};
  input.root_path = "/rootfs";
  input.namespaces = {{"mount", ""}, {"pid", ""}};
  return input;
}

// Golden files are compared as pretty JSON; SKIFF_UPDATE_GOLDEN=1 writes them.
void ExpectGolden(const OciInput& input, const std::string& name) {
  const auto config = WriteOciConfig(input);
  ASSERT_TRUE(config) << config.error().message();
  const std::string pretty = common::ToPrettyJson(*common::ParseJson(*config, "config.json")) + "\n";
  const std::string path = std::string(SKIFF_TEST_DATA) + "/" + name;
  if (std::getenv("SKIFF_UPDATE_GOLDEN") != nullptr) {
    ASSERT_TRUE(common::WriteFile(path, pretty));
  }
  const auto golden = common::ReadFile(path);
  ASSERT_TRUE(golden) << golden.error().message();
  EXPECT_EQ(pretty, *golden);
}

// The text of one member of the whole configuration, "linux" or "process".
std::string Section(const OciInput& input, const char* outer, const char* inner) {
  const auto config = WriteOciConfig(input);
  if (!config) return config.error().message();
  const auto document = common::ParseJson(*config, "config.json");
  const auto* section = common::FindObject(*document, outer);
  if (section == nullptr || !section->HasMember(inner)) return "absent";
  return common::ToJson((*section)[inner]);
}

TEST(OciConfig, MemberOfAPod) {
  OciInput input;
  input.args = {"nginx", "-g", "daemon off;"};
  input.env = {"PATH=/usr/bin:/bin", "HOME=/"};
  input.cwd = "/srv";
  input.root_path = "/run/skiff/pods/p/c/rootfs";
  input.read_only_root = true;
  input.namespaces = {{"network", "/proc/42/ns/net"},
                      {"ipc", "/proc/42/ns/ipc"},
                      {"uts", "/proc/42/ns/uts"},
                      {"pid", ""},
                      {"mount", ""}};
  input.mounts = {{"/var/www/html/img", "bind", "/data/img", {"rbind", "ro"}},
                  {"/dev/shm", "bind", "/shm", {"bind", "rprivate", "nosuid", "noexec", "nodev"}},
                  {"/var/www", "bind", "/data", {"rbind", "rprivate"}},
                  {"/etc/hosts", "bind", "/hosts", {"bind", "rprivate"}}};
  input.capabilities = DefaultCapabilities(true);
  input.no_new_privileges = true;
  input.seccomp_json = R"({"defaultAction":"SCMP_ACT_ERRNO","syscalls":[]})";
  input.oom_score_adj = 1000;
  input.rlimits = {{"RLIMIT_NOFILE", 1024, 1048576}};
  input.resources.cpu_shares = 512;
  input.resources.cpu_quota = 50000;
  input.resources.cpu_period = 100000;
  input.resources.memory_limit = 64 << 20;
  input.resources.memory_swap = 64 << 20;
  input.resources.pids_limit = 2048;
  input.cgroups_path = "/skiff/pod-p/c";
  input.annotations = {{"org.opencontainers.image.stopSignal", "15"}};
  ExpectGolden(input, "member.json");
}

TEST(OciConfig, OrdinaryUserWithDevice) {
  OciInput input = Minimal();
  input.uid = 1000;
  input.gid = 100;
  input.additional_gids = {10, 20};
  input.terminal = true;
  input.hostname = "box";
  input.capabilities = {"CAP_CHOWN", "CAP_NET_ADMIN"};
  input.ambient_capabilities = {"CAP_NET_ADMIN", "CAP_SYS_ADMIN"};
  OciDevice fuse;
  fuse.path = "/dev/fuse";
  fuse.major = 10;
  fuse.minor = 229;
  fuse.access = "rw";
  input.devices = {fuse};
  input.sysctls = {{"net/ipv4/ip_forward", "1"}};
  input.rootfs_propagation = "rslave";
  input.selinux_label = "system_u:system_r:container_t:s0";
  input.apparmor_profile = "strict";
  input.unmasked_proc = true;
  input.resources.unified = {{"memory.oom.group", "1"}};
  ExpectGolden(input, "user.json");
}

TEST(OciConfig, PrivilegedLiftsEveryRestriction) {
  OciInput input = Minimal();
  input.privileged = true;
  input.seccomp_json = R"({"defaultAction":"SCMP_ACT_ERRNO"})";
  EXPECT_EQ(Section(input, "linux", "maskedPaths"), "absent");
  EXPECT_EQ(Section(input, "linux", "readonlyPaths"), "absent");
  EXPECT_EQ(Section(input, "linux", "seccomp"), "absent");
  EXPECT_EQ(Section(input, "linux", "resources"), R"({"devices":[{"allow":true,"access":"rwm"}]})");
  const auto config = WriteOciConfig(input);
  ASSERT_TRUE(config);
  EXPECT_THAT(*config, testing::HasSubstr(
                           R"("type":"sysfs","source":"sysfs","options":["nosuid","noexec","nodev","rw"])"));
}

TEST(OciConfig, OnlyOurOwnFilterReachesTheRuntime) {
  const auto filter_of = [](const OciInput& input) {
    const auto config = WriteOciConfig(input);
    EXPECT_TRUE(config);
    const auto document = common::ParseJson(*config, "config.json");
    return common::GetStringMap(*document, "annotations")["run.oci.seccomp_bpf_data"];
  };
  OciInput input = Minimal();
  input.annotations = {{"run.oci.seccomp_bpf_data", "bypass"}};
  EXPECT_EQ(filter_of(input), "");
  input.seccomp_filter = "AAAA";
  EXPECT_EQ(filter_of(input), "") << "unconfined";
  input.seccomp_json = R"({"defaultAction":"SCMP_ACT_ERRNO"})";
  EXPECT_EQ(filter_of(input), "AAAA");
  input.privileged = true;
  EXPECT_EQ(filter_of(input), "");
}

TEST(OciConfig, MountNamespaceIsNeverShared) {
  OciInput input = Minimal();
  input.namespaces = {{"pid", ""}};
  EXPECT_EQ(Section(input, "linux", "namespaces"), R"([{"type":"pid"},{"type":"mount"}])");
}

TEST(OciConfig, OwnMountReplacesStandardOnesBelow) {
  OciInput input = Minimal();
  input.mounts = {{"/dev/", "bind", "/dev", {"rbind"}},
                  {"/sys/fs/cgroup", "bind", "/sys/fs/cgroup", {"rbind"}}};
  const auto config = WriteOciConfig(input);
  ASSERT_TRUE(config);
  const auto document = common::ParseJson(*config, "config.json");
  std::vector<std::string> order;
  for (const auto& mount : common::FindArray(*document, "mounts")->GetArray())
    order.push_back(
        fmt::format("{} {}", common::GetString(mount, "destination"), common::GetString(mount, "type")));
  EXPECT_THAT(order, testing::ElementsAre("/proc proc", "/sys sysfs", "/dev bind", "/sys/fs/cgroup bind"));
}

TEST(OciConfig, WhatCannotBeExpressedIsNamed) {
  const auto message = [](const OciInput& input) {
    const auto config = WriteOciConfig(input);
    EXPECT_FALSE(config);
    if (config) return std::string();
    EXPECT_EQ(config.error().code(), ErrorCode::kInvalid);
    return config.error().message();
  };
  OciInput input = Minimal();
  input.args.clear();
  EXPECT_EQ(message(input), "no command: neither the image nor the container names one");
  input = Minimal();
  input.cwd = "srv";
  EXPECT_EQ(message(input), "working directory \"srv\" is not an absolute path");
  input = Minimal();
  input.root_path.clear();
  EXPECT_EQ(message(input), "no root file system");
  input = Minimal();
  input.namespaces.push_back({"net", ""});
  EXPECT_EQ(message(input), "unknown namespace type \"net\"");
  for (const auto& [destination, expected] : std::vector<std::pair<std::string, std::string>>{
           {"data", "mount destination \"data\" is not an absolute path"},
           {"/a/../..", "mount destination \"/a/../..\" is the container's root"},
           {"//", "mount destination \"//\" is the container's root"}}) {
    input = Minimal();
    input.mounts = {{destination, "bind", "/x", {}}};
    EXPECT_EQ(message(input), expected);
  }
  input = Minimal();
  input.mounts = {{"/a/b", "bind", "/x", {}}, {"/../a/c/..//b/", "bind", "/y", {}}};
  EXPECT_EQ(message(input), "two mounts have the destination \"/a/b\"");
  input = Minimal();
  input.devices = {{.path = "dev/fuse"}};
  EXPECT_EQ(message(input), "device path \"dev/fuse\" is not absolute");
  input = Minimal();
  input.sysctls = {{"vm.swappiness", "1"}};
  EXPECT_EQ(message(input), "sysctl \"vm.swappiness\" is not namespaced: it would change the whole machine");
}

TEST(OciDevices, WalksFoldersAndLeavesOutWhatContainersHave) {
  const auto devices = HostDevices();
  ASSERT_TRUE(devices) << devices.error().message();
  for (const auto& device : *devices) {
    EXPECT_NE(device.path, "/dev/null");
    EXPECT_THAT(device.path, testing::Not(testing::StartsWith("/dev/pts/")));
    struct stat info;
    ASSERT_EQ(::stat(device.path.c_str(), &info), 0) << device.path;
    EXPECT_EQ(device.type == 'c', S_ISCHR(info.st_mode)) << device.path;
    EXPECT_EQ(device.mode, info.st_mode & 07777) << device.path;
  }
}

}  // namespace
}  // namespace skiff::runtime
