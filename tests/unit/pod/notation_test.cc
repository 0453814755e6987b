// The small notations: signals, ulimits, devices, detach keys, names.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include "pod/exec/detach_keys.h"
#include "pod/launch/devices.h"
#include "pod/launch/resource_limits.h"
#include "pod/signal_names.h"
#include "pod/state/names.h"

namespace skiff::pod {
namespace {

using ::testing::HasSubstr;

TEST(ParseSignal, NamesAndNumbers) {
  EXPECT_EQ(ParseSignal("SIGTERM"), SIGTERM);
  EXPECT_EQ(ParseSignal("usr1"), SIGUSR1);
  EXPECT_EQ(ParseSignal("9"), 9);
  EXPECT_EQ(ParseSignal("SIGRTMIN+3"), SIGRTMIN + 3);
  EXPECT_EQ(ParseSignal("RTMAX-1"), SIGRTMAX - 1);
  for (const char* bad : {"", "SIG", "0", "99", "TERMINATE", "RTMIN+99", "RTMIN+x", "-1"}) {
    EXPECT_FALSE(ParseSignal(bad)) << bad;
  }
}

TEST(ToOciRlimits, SoftAndHard) {
  const auto limits = ToOciRlimits({{"core", "-1"}, {"nofile", "1024:2048"}, {"nproc", "5"}});
  ASSERT_TRUE(limits);
  ASSERT_EQ(limits->size(), 3u);
  EXPECT_EQ((*limits)[0].type, "RLIMIT_CORE");
  EXPECT_EQ((*limits)[0].hard, RLIM_INFINITY);
  EXPECT_EQ((*limits)[1].soft, 1024u);
  EXPECT_EQ((*limits)[1].hard, 2048u);
  EXPECT_EQ((*limits)[2].soft, 5u);
  EXPECT_EQ((*limits)[2].hard, 5u);
}

TEST(ToOciRlimits, ErrorsNameTheLimit) {
  EXPECT_THAT(ToOciRlimits({{"files", "1"}}).error().message(), HasSubstr("ulimit \"files\" is unknown"));
  EXPECT_THAT(ToOciRlimits({{"nofile", "9:1"}}).error().message(), HasSubstr("nofile=9:1"));
  EXPECT_FALSE(ToOciRlimits({{"nofile", "many"}}));
}

TEST(ToOciResources, OomGroupOnlyOnVersion2) {
  Resources resources;
  resources.oom_kill_group = true;
  resources.cpu_shares = 512;
  EXPECT_EQ(ToOciResources(resources, {}).unified.size(), 0u);
  EXPECT_EQ(ToOciResources(resources, {.unified = true}).unified.at("memory.oom.group"), "1");
  EXPECT_EQ(ToOciResources(resources, {.unified = true}).cpu_shares, 512u);
}

TEST(ToOciResources, LeavesOutDefaultsThatTheMachineCannotSet) {
  const runtime::CgroupSupport none{.unified = true, .cpu = false, .memory = false, .pids = false};
  Resources resources;
  resources.oom_kill_group = true;
  resources.cpu_shares = 2;
  resources.pids_limit = kDefaultPidsLimit;
  const auto defaults = ToOciResources(resources, none);
  EXPECT_FALSE(defaults.cpu_shares || defaults.pids_limit || !defaults.unified.empty());
  resources.cpu_shares = 512;
  resources.pids_limit = 10;
  resources.memory_limit = 1 << 20;
  const auto wanted = ToOciResources(resources, none);  // what was asked for is an error of the start
  EXPECT_EQ(wanted.cpu_shares, 512u);
  EXPECT_EQ(wanted.pids_limit, 10);
  EXPECT_EQ(wanted.memory_limit, 1 << 20);
}

TEST(ResolveDevice, Forms) {
  const auto same = ResolveDevice("/dev/null");
  ASSERT_TRUE(same);
  ASSERT_EQ(same->size(), 1u);
  EXPECT_EQ((*same)[0].path, "/dev/null");
  EXPECT_EQ((*same)[0].type, 'c');
  EXPECT_EQ((*same)[0].major, 1);
  EXPECT_EQ((*same)[0].minor, 3);
  EXPECT_EQ((*same)[0].access, "rwm");
  EXPECT_EQ((*ResolveDevice("/dev/null:/dev/x:r"))[0].path, "/dev/x");
  EXPECT_EQ((*ResolveDevice("/dev/null:rw"))[0].access, "rw");
  EXPECT_EQ(ResolveDevice("/etc/passwd").error().code(), common::ErrorCode::kInvalid);
  EXPECT_EQ(ResolveDevice("/dev/none").error().code(), common::ErrorCode::kNotFound);
  for (const char* bad : {"null", "/dev/null:x", "/dev/null:/dev/x:q", "/a:/b:r:w"}) EXPECT_FALSE(ResolveDevice(bad)) << bad;
}

TEST(DetachKeys, SequenceIsKeptBackAndPassedOnWhenBroken) {
  auto keys = *DetachKeys::Parse("ctrl-p,ctrl-q");
  EXPECT_EQ(keys.Feed("ab\x10").input, "ab");
  EXPECT_EQ(keys.Feed("c").input, "\x10"
                                  "c");
  EXPECT_EQ(keys.Feed("\x10\x10").input, "\x10");
  const auto end = keys.Feed("\x11more");
  EXPECT_TRUE(end.detach);
  EXPECT_EQ(end.input, "");
}

TEST(DetachKeys, Notation) {
  auto single = *DetachKeys::Parse("x");
  EXPECT_TRUE(single.Feed("x").detach);
  auto none = *DetachKeys::Parse("");
  EXPECT_EQ(none.Feed("\x10\x11").input, "\x10\x11");
  EXPECT_FALSE(DetachKeys::Parse("ctrl-!"));
  EXPECT_FALSE(DetachKeys::Parse("alt-x"));
}

TEST(Names, ShownNames) {
  PodSpec pod;
  pod.name = "web";
  EXPECT_EQ(ShownContainerName(pod, "app"), "app");
  pod.from_kube = true;
  EXPECT_EQ(ShownContainerName(pod, "app"), "web-app");
  EXPECT_EQ(ShownPodName(pod), "web");
  pod.kube_namespace = "shop";
  EXPECT_EQ(ShownContainerName(pod, "app"), "shop.web-app");
  EXPECT_EQ(ShownPodName(pod), "shop/web");
  for (const char* bad : {"", "-a", ".a", "a/b", "a b", "ä"}) EXPECT_FALSE(IsValidName(bad)) << bad;
  EXPECT_TRUE(IsValidName("a.b_c-1"));
}

}  // namespace
}  // namespace skiff::pod
