#include "cli/notation/policies.h"

#include <gmock/gmock.h>

namespace skiff::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Policies, Restart) {
  EXPECT_EQ(ParseRestart("")->policy, pod::RestartPolicy::kNever);
  EXPECT_EQ(ParseRestart("no")->policy, pod::RestartPolicy::kNever);
  EXPECT_EQ(ParseRestart("unless-stopped")->policy, pod::RestartPolicy::kAlways);
  EXPECT_EQ(ParseRestart("on-failure:3")->policy, pod::RestartPolicy::kOnFailure);
  EXPECT_EQ(ParseRestart("on-failure:3")->max_retries, 3);
  for (const char* wrong : {"sometimes", "always:3", "on-failure:x"})
    EXPECT_FALSE(ParseRestart(wrong)) << wrong;
}

TEST(Policies, Ulimit) {
  EXPECT_EQ(ParseUlimit("nofile=10:20")->second, "10:20");
  EXPECT_EQ(ParseUlimit("core=-1")->second, "-1:-1");
  EXPECT_THAT(ParseUlimit("nofiles=1").error().message(), HasSubstr("did you mean \"nofile\"?"));
  EXPECT_FALSE(ParseUlimit("nofile=many"));
  EXPECT_FALSE(ParseUlimit("nofile"));
}

TEST(Policies, AddHost) {
  const auto alias = ParseAddHost("db:10.0.0.1");
  ASSERT_TRUE(alias);
  EXPECT_EQ(alias->ip, "10.0.0.1");
  EXPECT_THAT(alias->hostnames, ElementsAre("db"));
  EXPECT_EQ(ParseAddHost("six:fd00::1")->ip, "fd00::1");
  EXPECT_FALSE(ParseAddHost("db"));
  EXPECT_FALSE(ParseAddHost("db:nowhere"));
}

TEST(Policies, SecurityOptions) {
  pod::SecurityContext security;
  ASSERT_TRUE(ApplySecurityOption("seccomp=unconfined", "/", security));
  EXPECT_EQ(security.seccomp.type, pod::SeccompProfile::Type::kUnconfined);
  ASSERT_TRUE(ApplySecurityOption("no-new-privileges", "/", security));
  EXPECT_TRUE(security.no_new_privileges);
  ASSERT_TRUE(ApplySecurityOption("label=disable", "/", security));
  EXPECT_EQ(security.selinux_label, "");
  ASSERT_TRUE(ApplySecurityOption("unmask=ALL", "/", security));
  EXPECT_TRUE(security.unmasked_proc);
  EXPECT_FALSE(ApplySecurityOption("seccomp=/no/such/file", "/", security));
  EXPECT_FALSE(ApplySecurityOption("frob=1", "/", security));
}

TEST(Policies, Pull) {
  EXPECT_EQ(*ParsePull("always"), pod::PullPolicy::kAlways);
  EXPECT_EQ(*ParsePull("missing"), pod::PullPolicy::kIfNotPresent);
  EXPECT_EQ(*ParsePull("never"), pod::PullPolicy::kNever);
  EXPECT_FALSE(ParsePull("often"));
}

}  // namespace
}  // namespace skiff::cli
