#include "pod/supervisor/sandbox_policy.h"

#include <gmock/gmock.h>

namespace skiff::supervisor {
namespace {

ContainerPlan Plan(const std::string& id, const std::string& restart) {
  ContainerPlan plan;
  plan.id = id;
  plan.restart = restart;
  return plan;
}

ContainerStatus Ended(const std::string& id, int exit_code, bool final) {
  ContainerStatus status;
  status.id = id;
  status.state = "exited";
  status.exit_code = exit_code;
  status.final = final;
  return status;
}

ContainerStatus Running(const std::string& id) {
  ContainerStatus status;
  status.id = id;
  status.state = "running";
  return status;
}

PodPlan Pod(const std::string& restart) {
  PodPlan pod;
  pod.restart_policy = restart;
  pod.containers = {Plan("init", restart), Plan("a", restart), Plan("b", restart)};
  pod.containers[0].init = true;
  return pod;
}

TEST(SandboxPolicy, OnlyWhatHasEndedForGoodStaysAsItIs) {
  EXPECT_TRUE(BeginsAnew(Plan("a", "Always"), Running("a")));
  EXPECT_TRUE(BeginsAnew(Plan("a", "Always"), Ended("a", 0, false)));  // in back-off
  EXPECT_TRUE(BeginsAnew(Plan("a", "OnFailure"), Running("a")));
  EXPECT_FALSE(BeginsAnew(Plan("a", "OnFailure"), Ended("a", 0, true)));
  EXPECT_FALSE(BeginsAnew(Plan("a", "Always"), Ended("a", 0, true)));  // somebody has stopped it
}

TEST(SandboxPolicy, AContainersOwnPolicyCounts) {
  EXPECT_FALSE(BeginsAnew(Plan("a", "Never"), Running("a")));
  EXPECT_TRUE(BeginsAnew(Plan("a", "Never"), ContainerStatus()));  // it has not run yet
  ContainerPlan ruled = Plan("a", "Never");
  ruled.restart_rules = {{.exit_codes = {42}}};
  EXPECT_TRUE(BeginsAnew(ruled, Running("a")));
}

TEST(SandboxPolicy, InitContainersRunAgain) {
  ContainerPlan init = Plan("init", "OnFailure");
  init.init = true;
  EXPECT_TRUE(BeginsAnew(init, Ended("init", 0, true)));
}

TEST(SandboxPolicy, APodWithoutPolicyOrWithNeverGetsNoOther) {
  const std::vector<ContainerStatus> containers = {Ended("init", 0, true), Running("a"), Running("b")};
  EXPECT_TRUE(GetsNewSandbox(Pod("Always"), containers));
  EXPECT_TRUE(GetsNewSandbox(Pod("OnFailure"), containers));
  EXPECT_FALSE(GetsNewSandbox(Pod("Never"), containers));
  EXPECT_FALSE(GetsNewSandbox(Pod(""), containers));
  PodPlan unwired = Pod("Always");
  unwired.wait_for_network = true;
  EXPECT_FALSE(GetsNewSandbox(unwired, containers));
  unwired.sandbox_command = {"true"};
  EXPECT_TRUE(GetsNewSandbox(unwired, containers));
}

TEST(SandboxPolicy, APodThatIsDoneGetsNoOther) {
  EXPECT_FALSE(GetsNewSandbox(Pod("OnFailure"), {Ended("init", 0, true), Ended("a", 0, true), Ended("b", 0, true)}));
  EXPECT_TRUE(GetsNewSandbox(Pod("OnFailure"), {Ended("init", 0, true), Ended("a", 0, true), Running("b")}));
  // Its init containers have still to end: nothing of it has run.
  EXPECT_TRUE(GetsNewSandbox(Pod("OnFailure"), {Running("init")}));
}

}  // namespace
}  // namespace skiff::supervisor
