#include "cli/container_options.h"

#include <gmock/gmock.h>

namespace skiff::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

common::Result<ContainerRequest> Build(std::vector<std::string> words) {
  ContainerFlags flags;
  Arguments arguments;
  flags.Declare(arguments);
  const auto parsed = arguments.Parse(std::move(words));
  if (!parsed) return parsed.error();
  return BuildContainer(flags, "/");
}

std::string Error(std::vector<std::string> words) {
  const auto request = Build(std::move(words));
  return request ? "" : request.error().message();
}

TEST(ContainerOptions, Defaults) {
  const auto request = Build({"image", "ls", "-l"});
  ASSERT_TRUE(request) << request.error().message();
  const pod::ContainerSpec& container = request->container;
  EXPECT_EQ(container.image, "image");
  EXPECT_EQ(container.command, std::nullopt);
  EXPECT_THAT(container.args.value(), ElementsAre("ls", "-l"));
  EXPECT_EQ(container.resources.pids_limit, 2048);
  EXPECT_EQ(container.stop_timeout_s, 10);
  EXPECT_EQ(container.restart_policy, pod::RestartPolicy::kNever);
  EXPECT_TRUE(request->pod.implicit);
  EXPECT_TRUE(request->pod.exit_when_containers_exit);
  EXPECT_TRUE(container.tmpfs.empty());
}

TEST(ContainerOptions, TheFlagsOfEveryDay) {
  const auto request = Build({"--name",
                              "web",
                              "-it",
                              "-p",
                              "127.0.0.1:8080:80",
                              "-v",
                              "data:/d:ro",
                              "-e",
                              "A=1",
                              "-u",
                              "1:2",
                              "-w",
                              "/w",
                              "--memory",
                              "64m",
                              "--cpus",
                              "0.5",
                              "--cap-drop",
                              "all",
                              "--cap-add",
                              "cap_net_raw",
                              "--read-only",
                              "--tmpfs",
                              "/tmp:size=1m",
                              "-h",
                              "box",
                              "-l",
                              "x=y",
                              "--init",
                              "--restart",
                              "on-failure:2",
                              "--network",
                              "blue",
                              "--sysctl",
                              "net.core.somaxconn=5",
                              "--stop-signal",
                              "int",
                              "image"});
  ASSERT_TRUE(request) << request.error().message();
  const pod::ContainerSpec& container = request->container;
  EXPECT_EQ(container.name, "web");
  EXPECT_TRUE(container.tty && container.stdin && container.init_process);
  EXPECT_EQ(container.ports.at(0).host_ip, "127.0.0.1");
  EXPECT_EQ(container.mounts.at(0).volume, request->pod.volumes.at(0).name);
  EXPECT_TRUE(container.mounts.at(0).read_only);
  EXPECT_EQ(container.env.at(0).name, "A");
  EXPECT_EQ(container.env.at(1).name, "TERM");
  EXPECT_EQ(container.security.user, "1:2");
  EXPECT_EQ(container.resources.memory_limit, 64 << 20);
  EXPECT_EQ(container.resources.memory_swap, 128 << 20);
  EXPECT_EQ(container.resources.cpu_quota, 50'000);
  EXPECT_THAT(container.security.capabilities_drop, ElementsAre("ALL"));
  EXPECT_THAT(container.security.capabilities_add, ElementsAre("NET_RAW"));
  EXPECT_EQ(container.max_retries, 2);
  EXPECT_EQ(container.stop_signal, "SIGINT");
  EXPECT_EQ(request->pod.hostname, "box");
  EXPECT_EQ(request->pod.network.networks.at(0).name, "blue");
  EXPECT_EQ(request->pod.sysctls.at("net.core.somaxconn"), "5");
  // --read-only adds the others of /run, /tmp and /var/tmp.
  std::vector<std::string> tmpfs;
  for (const pod::TmpfsMount& mount : container.tmpfs) tmpfs.push_back(mount.path);
  EXPECT_THAT(tmpfs, ElementsAre("/tmp", "/run", "/var/tmp"));
}

TEST(ContainerOptions, Entrypoint) {
  EXPECT_THAT(Build({"--entrypoint", "cat", "image", "/x"})->container.command.value(), ElementsAre("cat"));
  EXPECT_THAT(Build({"--entrypoint", R"(["a","b c"])", "image"})->container.command.value(),
              ElementsAre("a", "b c"));
  EXPECT_THAT(Build({"--entrypoint", "", "image", "ls", "/"})->container.command.value(),
              ElementsAre("ls", "/"));
  EXPECT_THAT(Error({"--entrypoint", "", "image"}), HasSubstr("leaves nothing to run"));
}

TEST(ContainerOptions, JoiningAPod) {
  const auto request = Build({"--pod", "p", "-v", "data:/d", "image"});
  ASSERT_TRUE(request) << request.error().message();
  EXPECT_EQ(request->volumes.at(0).named->name, "data");
  EXPECT_THAT(Error({"--pod", "p", "-p", "80:80", "image"}), HasSubstr("--publish belongs to the pod"));
  EXPECT_EQ(Error({"--pod", "new:p", "-p", "80:80", "image"}), "");
  EXPECT_THAT(Error({"--pod", "p", "--ip", "10.1.1.1", "image"}), HasSubstr("--ip belongs to the pod"));
  EXPECT_THAT(Error({"--pod", "p", "--dns-search", "a.b", "image"}), HasSubstr("--dns-search belongs to the pod"));
  EXPECT_THAT(Error({"--pod", "p", "--no-hosts", "image"}), HasSubstr("--no-hosts belongs to the pod"));
}

TEST(ContainerOptions, JoiningANetwork) {
  EXPECT_THAT(Error({"--network", "container:x", "--add-host", "a:1.2.3.4", "image"}),
              HasSubstr("conflicting options: --add-host and --network container:x"));
  EXPECT_THAT(Error({"--network", "container:x", "--dns-opt", "ndots:1", "image"}),
              HasSubstr("conflicting options: --dns-option and --network container:x"));
  EXPECT_THAT(Error({"--network", "none", "--dns", "1.1.1.1", "image"}),
              HasSubstr("conflicting options: --dns and --network none"));
  EXPECT_EQ(Error({"--network", "container:x", "--hostname", "h", "--no-hosts", "image"}), "");
  EXPECT_EQ(Error({"--network", "none", "--add-host", "a:1.2.3.4", "image"}), "");
  EXPECT_THAT(Error({"--no-hosts", "--add-host", "a:1.2.3.4", "image"}), HasSubstr("cannot be set together"));
  EXPECT_THAT(Error({"--dns", "none,1.1.1.1", "image"}), HasSubstr("--dns none is not allowed to be specified with other DNS ip addresses"));
  EXPECT_THAT(Error({"--dns", "none", "--dns-search", "a.b", "image"}), HasSubstr("--dns none and --dns-search cannot be set together"));
  EXPECT_THAT(Error({"--dns", "none", "--dns-opt", "ndots:1", "image"}), HasSubstr("--dns none and --dns-option cannot be set together"));
  EXPECT_THAT(Error({"--network", "none", "--dns", "none", "image"}), HasSubstr("conflicting options: --dns and --network none"));
  EXPECT_THAT(Error({"--dns", "abc", "image"}), HasSubstr("--dns: \"abc\" is not an IP address"));
  for (const char* mode : {"host", "none", "container:x", "ns:/proc/self/ns/net"}) {
    const auto request = Build({"--network", mode, "-p", "8080:80", "image"});
    ASSERT_TRUE(request) << request.error().message();
    EXPECT_TRUE(request->container.ports.empty());
    EXPECT_THAT(request->warnings, ElementsAre(HasSubstr(std::string("discarded: --network ") + mode)));
  }
  const auto twice = Build({"-p", "8080:80", "-p", "0.0.0.0:8080:80/TCP", "image"});
  ASSERT_TRUE(twice) << twice.error().message();
  EXPECT_EQ(twice->container.ports.size(), 1u);
}

TEST(ContainerOptions, Mistakes) {
  EXPECT_THAT(Error({}), HasSubstr("requires at least 1 arg"));
  EXPECT_THAT(Error({"--memory", "much", "image"}), HasSubstr("--memory: invalid size"));
  EXPECT_THAT(Error({"--rm", "--restart", "always", "image"}), HasSubstr("exclude each other"));
  EXPECT_THAT(Error({"--userns", "auto", "image"}), HasSubstr("--userns auto: not supported"));
  EXPECT_THAT(Error({"-v", "a:/x", "-v", "b:/x", "image"}), HasSubstr("two mounts at the same place"));
  EXPECT_THAT(Error({"--cpus", "1", "--cpu-quota", "5", "image"}), HasSubstr("give one of them"));
  EXPECT_THAT(Error({"--volumes-from", "x", "image"}), HasSubstr("--volumes-from: not supported"));
}

}  // namespace
}  // namespace skiff::cli
