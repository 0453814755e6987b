#include "pod/supervisor/restart_policy.h"

#include <gmock/gmock.h>

namespace skiff::supervisor {
namespace {

using namespace std::chrono_literals;
using enum RestartDecision;

ContainerPlan Plan(const std::string& restart, bool init = false, int max_retries = 0) {
  ContainerPlan plan;
  plan.restart = restart;
  plan.init = init;
  plan.max_retries = max_retries;
  return plan;
}

TEST(RestartPolicy, DependsOnPolicyAndExitCode) {
  EXPECT_EQ(DecideRestart(Plan("Always"), 0, 0), kRestart);
  EXPECT_EQ(DecideRestart(Plan("Always"), 1, 100), kRestart);
  EXPECT_EQ(DecideRestart(Plan("OnFailure"), 0, 0), kSucceeded);
  EXPECT_EQ(DecideRestart(Plan("OnFailure"), 1, 100), kRestart);
  EXPECT_EQ(DecideRestart(Plan("Never"), 0, 0), kSucceeded);
  EXPECT_EQ(DecideRestart(Plan("Never"), 137, 0), kFailed);
}

TEST(RestartPolicy, RulesComeFirst) {
  ContainerPlan plan = Plan("Never");
  plan.restart_rules = {{.exit_codes = {42, 43}}, {.all = true, .exit_codes = {88}}, {.negated = true, .exit_codes = {0, 1, 42, 88}}};
  EXPECT_EQ(DecideRestart(plan, 42, 0), kRestart);
  EXPECT_EQ(DecideRestart(plan, 88, 0), kRestartAll);
  EXPECT_EQ(DecideRestart(plan, 2, 0), kRestart);
  EXPECT_EQ(DecideRestart(plan, 1, 0), kFailed);
  EXPECT_EQ(DecideRestart(plan, 0, 0), kSucceeded);
}

TEST(RestartPolicy, InitContainersEndWithSuccess) {
  EXPECT_EQ(DecideRestart(Plan("Always", true), 0, 0), kSucceeded);
  EXPECT_EQ(DecideRestart(Plan("Always", true), 1, 0), kRestart);
  ContainerPlan sidecar = Plan("Always", true);
  sidecar.sidecar = true;
  EXPECT_EQ(DecideRestart(sidecar, 0, 0), kRestart) << "a sidecar is to go on";
  EXPECT_EQ(DecideRestart(Plan("Never", true), 1, 0), kFailed);
}

TEST(RestartPolicy, OnFailureCountsItsTries) {
  EXPECT_EQ(DecideRestart(Plan("OnFailure", false, 3), 1, 2), kRestart);
  EXPECT_EQ(DecideRestart(Plan("OnFailure", false, 3), 1, 3), kFailed);
}

TEST(RestartBackoff, KubernetesSeries) {
  RestartBackoff backoff(RestartBackoff::RuleFor(ContainerPlan()));
  for (const auto expected : {0s, 10s, 20s, 40s, 80s, 160s, 300s, 300s}) EXPECT_EQ(backoff.Next(1s), expected);
  EXPECT_EQ(backoff.Next(600s), 300s);
  EXPECT_EQ(backoff.Next(601s), 0s);  // ran for more than ten minutes
  EXPECT_EQ(backoff.Next(1s), 10s);
  backoff.Reset();
  EXPECT_EQ(backoff.Next(1s), 0s);
}

TEST(RestartBackoff, DockerSeriesForRun) {
  ContainerPlan plan;
  plan.persist_writable = true;
  RestartBackoff backoff(RestartBackoff::RuleFor(plan));
  for (const auto expected : {100ms, 200ms, 400ms, 800ms}) EXPECT_EQ(backoff.Next(1s), expected);
  for (int i = 0; i < 100; ++i) (void)backoff.Next(1s);
  EXPECT_EQ(backoff.Next(1s), 60s);
  EXPECT_EQ(backoff.Next(11s), 100ms);
}

TEST(RestartBackoff, GoesOnAfterASupervisorWasReplaced) {
  RestartBackoff backoff(RestartBackoff::RuleFor(ContainerPlan()), 3);
  EXPECT_EQ(backoff.Next(1s), 40s);
}

}  // namespace
}  // namespace skiff::supervisor
