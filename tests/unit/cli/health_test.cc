#include "cli/notation/health.h"

#include <gtest/gtest.h>

#include "cli/notation/duration.h"

namespace skiff::cli {
namespace {

using supervisor::HealthCheck;
using Words = std::vector<std::string>;

HealthCheck Build(const HealthFlags& flags, const image::HealthConfig* image = nullptr) {
  auto check = BuildHealthCheck(flags, image);
  EXPECT_TRUE(check.has_value() && check->has_value()) << (check ? "no check" : check.error().message());
  return check && *check ? **check : HealthCheck{};
}

std::string ErrorOf(const HealthFlags& flags, const image::HealthConfig* image = nullptr) {
  const auto check = BuildHealthCheck(flags, image);
  return check ? "" : check.error().message();
}

TEST(HealthCheckTest, CommandsAreLinesOrLists) {
  EXPECT_EQ(Build({.command = "curl localhost || exit 1"}).probe.handler.command,
            (Words{"/bin/sh", "-c", "curl localhost || exit 1"}));
  EXPECT_EQ(Build({.command = R"(["CMD", "curl", "localhost"])"}).probe.handler.command,
            (Words{"curl", "localhost"}));
  EXPECT_EQ(Build({.command = R"(["CMD-SHELL", "a && b"])"}).probe.handler.command,
            (Words{"/bin/sh", "-c", "a && b"}));
  EXPECT_EQ(Build({.command = R"(["true"])"}).probe.handler.command, Words{"true"});
  EXPECT_NE(ErrorOf({.command = ""}), "");
  EXPECT_NE(ErrorOf({.command = "[1]"}), "");
}

TEST(HealthCheckTest, DefaultsAndValues) {
  const HealthCheck plain = Build({.command = "true"});
  EXPECT_EQ(plain.probe.period_ms, 30'000);
  EXPECT_EQ(plain.probe.timeout_ms, 30'000);
  EXPECT_EQ(plain.probe.failure_threshold, 3);
  EXPECT_EQ(plain.start_period_ms, 0);
  EXPECT_EQ(plain.on_failure, HealthCheck::OnFailure::kNone);
  const HealthCheck set = Build({.command = "true",
                                 .interval = "1m",
                                 .timeout = "2s",
                                 .start_period = "5s",
                                 .on_failure = "restart",
                                 .retries = 7});
  EXPECT_EQ(set.probe.period_ms, 60'000);
  EXPECT_EQ(set.probe.timeout_ms, 2'000);
  EXPECT_EQ(set.start_period_ms, 5'000);
  EXPECT_EQ(set.probe.failure_threshold, 7);
  EXPECT_EQ(set.on_failure, HealthCheck::OnFailure::kRestart);
  EXPECT_GT(Build({.command = "true", .interval = "disable"}).probe.initial_delay_ms,
            int64_t{365} * 24 * 3600 * 1000);
  EXPECT_NE(ErrorOf({.command = "true", .timeout = "10ms"}), "");
  EXPECT_NE(ErrorOf({.command = "true", .on_failure = "explode"}), "");
  EXPECT_NE(ErrorOf({.command = "true", .retries = 0}), "");
}

TEST(HealthCheckTest, TheImagesCheck) {
  const image::HealthConfig image{
      .test = {"CMD-SHELL", "curl -f http://localhost/"}, .interval_ns = 5'000'000'000, .retries = 2};
  const HealthCheck check = Build({}, &image);
  EXPECT_EQ(check.probe.handler.command, (Words{"/bin/sh", "-c", "curl -f http://localhost/"}));
  EXPECT_EQ(check.probe.period_ms, 5'000);
  EXPECT_EQ(check.probe.failure_threshold, 2);
  EXPECT_EQ(Build({.interval = "1s"}, &image).probe.period_ms, 1'000);
  EXPECT_EQ(Build({.command = "true"}, &image).probe.handler.command.back(), "true");
  EXPECT_FALSE(BuildHealthCheck({.disabled = true}, &image)->has_value());
  EXPECT_FALSE(BuildHealthCheck({.command = "none"}, &image)->has_value());
  const image::HealthConfig none{.test = {"NONE"}};
  EXPECT_FALSE(BuildHealthCheck({}, &none)->has_value());
  EXPECT_FALSE(BuildHealthCheck({}, nullptr)->has_value());
}

TEST(HealthCheckTest, DetailsOfNothingAreMistakes) {
  EXPECT_NE(ErrorOf({.interval = "1s"}), "");
  EXPECT_NE(ErrorOf({.command = "true", .disabled = true}), "");
}

TEST(HealthCheckTest, Startup) {
  const HealthCheck check = Build(
      {.command = "true", .startup_interval = "1s", .startup_command = "test -e /up", .startup_success = 2});
  ASSERT_TRUE(check.startup.has_value());
  EXPECT_EQ(check.startup->handler.command.back(), "test -e /up");
  EXPECT_EQ(check.startup->period_ms, 1'000);
  EXPECT_EQ(check.startup->success_threshold, 2);
}

TEST(DurationTest, GoNotation) {
  using std::chrono::milliseconds;
  EXPECT_EQ(*ParseDuration("1h30m"), std::chrono::minutes(90));
  EXPECT_EQ(*ParseDuration("1.5s"), milliseconds(1500));
  EXPECT_EQ(*ParseDuration("200ms"), milliseconds(200));
  EXPECT_EQ(*ParseDuration("-1s"), milliseconds(-1000));
  EXPECT_EQ(*ParseDuration("0"), milliseconds(0));
  EXPECT_EQ(*ParseDuration("2d"), std::chrono::hours(48));
  for (const char* text : {"", "-", "5", "s", "1x", "1h 2m", "99999999999h", "1e3s"})
    EXPECT_FALSE(ParseDuration(text).has_value()) << text;
}

}  // namespace
}  // namespace skiff::cli
