#include "pod/launch/environment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace skiff::pod {
namespace {

using ::testing::ElementsAre;

using Words = std::vector<std::string>;

// kube-semantics.md 5.1.
TEST(BuildCommand, CommandAndArgsAgainstEntrypointAndCmd) {
  image::ImageConfig image;
  image.entrypoint = {"entry"};
  image.cmd = {"cmd"};
  ContainerSpec spec;
  EXPECT_THAT(BuildCommand(spec, image), ElementsAre("entry", "cmd"));
  spec.args = Words{"a"};
  EXPECT_THAT(BuildCommand(spec, image), ElementsAre("entry", "a"));
  spec.command = Words{"c"};
  EXPECT_THAT(BuildCommand(spec, image), ElementsAre("c", "a"));
  spec.args.reset();
  EXPECT_THAT(BuildCommand(spec, image), ElementsAre("c"));
  spec.command = Words{};  // as if absent
  spec.args = Words{};
  EXPECT_THAT(BuildCommand(spec, image), ElementsAre("entry", "cmd"));
}

TEST(BuildEnvironment, PrecedenceExpansionAndLateValues) {
  image::ImageConfig image;
  image.env = {"PATH=/image", "BOTH=image", "IMAGE=1"};
  ContainerSpec spec;
  spec.env = {{.name = "A", .value = "1"},
              {.name = "B", .value = "$(A)$(LATER)$(IMAGE)", .expand = true},
              {.name = "LITERAL", .value = "$(A)"},
              {.name = "LATER", .value = "x"},
              {.name = "BOTH", .value = "spec"},
              {.name = "A", .value = "2"},
              {.name = "IP", .source = EnvVar::Source::kPodIp},
              {.name = "IPS", .source = EnvVar::Source::kPodIps},
              {.name = "HOST", .source = EnvVar::Source::kHostIp}};
  spec.tty = true;
  const Environment environment = BuildEnvironment(
      spec, image, {.hostname = "web", .home = "/root", .pod_ips = {"10.0.0.2", "fd00::2"}, .host_ips = {"10.0.0.1"}});
  EXPECT_THAT(environment.variables,
              ElementsAre("PATH=/image", "BOTH=spec", "IMAGE=1", "A=2", "B=1$(LATER)$(IMAGE)", "LITERAL=$(A)", "LATER=x",
                          "IP=10.0.0.2", "IPS=10.0.0.2,fd00::2", "HOST=10.0.0.1", "HOSTNAME=web", "HOME=/root", "TERM=xterm"));
  EXPECT_THAT(ExpandCommand({"echo", "$(A)", "$(PATH)", "$$(A)"}, environment), ElementsAre("echo", "2", "$(PATH)", "$(A)"));
}

TEST(BuildEnvironment, DefaultsWithoutImageVariables) {
  EXPECT_THAT(BuildEnvironment({}, {}, {.hostname = "h", .home = "/"}).variables,
              ElementsAre("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOSTNAME=h", "HOME=/"));
}

}  // namespace
}  // namespace skiff::pod
