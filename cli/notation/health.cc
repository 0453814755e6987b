#include "cli/notation/health.h"

#include <limits>

#include "cli/notation/duration.h"
#include "cli/notation/text.h"
#include "common/json.h"

namespace skiff::cli {

using common::ErrorCode;
using common::MakeError;
using common::Result;
using supervisor::HealthCheck;

namespace {

// Docker's and podman's defaults.
constexpr int64_t kInterval = 30'000;
constexpr int64_t kTimeout = 30'000;
constexpr int kRetries = 3;

// ["CMD", "prog", "arg"], ["CMD-SHELL", "line"], ["NONE"] and [] of an image's HEALTHCHECK. Empty: no check.
std::vector<std::string> CommandOf(const std::vector<std::string>& test) {
  if (test.empty() || test.front() == "NONE" || test.front() == "none") return {};
  if (test.front() == "CMD") return {test.begin() + 1, test.end()};
  // buildah stores the line's words one by one; podman puts them together again.
  if (test.front() == "CMD-SHELL") return {"/bin/sh", "-c", Join({test.begin() + 1, test.end()}, " ")};
  return test;
}

// A line for the shell, or a JSON list as in a Dockerfile.
Result<std::vector<std::string>> ParseCommand(const std::string& flag, const std::string& text) {
  if (text.empty()) return MakeError(ErrorCode::kInvalid, "{}: the command is empty", flag);
  if (!text.starts_with('[')) return CommandOf({text == "none" ? "NONE" : "CMD-SHELL", text});
  ASSIGN_OR_RETURN(const common::JsonDocument list, common::ParseJson(text, flag));
  std::vector<std::string> words;
  for (const auto& item : list.GetArray()) {
    if (!item.IsString())
      return MakeError(ErrorCode::kInvalid, "{}: {} is not a list of strings", flag, text);
    words.emplace_back(item.GetString(), item.GetStringLength());
  }
  return CommandOf(words);
}

Result<> SetMilliseconds(const char* flag, const std::string& text, int64_t least, int64_t& target) {
  if (text.empty()) return {};
  ASSIGN_OR_RETURN(const std::chrono::nanoseconds time, ParseDuration(text), "{}", flag);
  target = std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
  if (target < least)
    return MakeError(ErrorCode::kInvalid, "{} {}: must be at least {}", flag, text, least % 1000 == 0 ? fmt::format("{}s", least / 1000) : fmt::format("{}ms", least));
  return {};
}

Result<> SetCount(const char* flag, const std::optional<int64_t>& value, int64_t least, int& target) {
  if (!value) return {};
  if (*value < least || *value > std::numeric_limits<int>::max())
    return MakeError(ErrorCode::kInvalid, "{} {}: must be at least {}", flag, *value, least);
  target = static_cast<int>(*value);
  return {};
}

Result<> SetInterval(const char* flag, const std::string& text, supervisor::Probe& probe) {
  if (text == "disable") {
    probe.period_ms = probe.initial_delay_ms = kNeverChecked;
    return {};
  }
  return SetMilliseconds(flag, text, 1, probe.period_ms);
}

HealthCheck FromImage(const image::HealthConfig& image) {
  HealthCheck check;
  const auto milliseconds = [](int64_t nanoseconds, int64_t fallback) {
    return nanoseconds > 0 ? std::max<int64_t>(1, nanoseconds / 1'000'000) : fallback;
  };
  check.probe.period_ms = milliseconds(image.interval_ns, kInterval);
  check.probe.timeout_ms = milliseconds(image.timeout_ns, kTimeout);
  check.probe.failure_threshold = image.retries > 0 ? static_cast<int>(image.retries) : kRetries;
  check.start_period_ms = milliseconds(image.start_period_ns, 0);
  check.probe.handler.command = CommandOf(image.test);
  return check;
}

Result<> AddStartup(const HealthFlags& flags, HealthCheck& check) {
  if (!flags.startup_command) return {};
  supervisor::Probe startup = check.probe;
  ASSIGN_OR_RETURN(startup.handler.command, ParseCommand("--health-startup-cmd", *flags.startup_command));
  startup.failure_threshold = std::numeric_limits<int>::max();  // it is not restarted for it unless told so
  TRY(SetInterval("--health-startup-interval", flags.startup_interval, startup));
  TRY(SetMilliseconds("--health-startup-timeout", flags.startup_timeout, 1000, startup.timeout_ms));
  if (flags.startup_retries && *flags.startup_retries > 0)
    TRY(SetCount("--health-startup-retries", flags.startup_retries, 1, startup.failure_threshold));
  TRY(SetCount("--health-startup-success", flags.startup_success, 1, startup.success_threshold));
  check.startup = std::move(startup);
  return {};
}

}  // namespace

void HealthFlags::Declare(Arguments& a) {
  a.Value("--health-cmd", command, "command",
          "Check the container's health with this command: a line for its shell, a JSON list, or none");
  a.Value("--health-interval", interval, "time",
          "Time between two checks (default 30s); disable: only by 'healthcheck run'");
  a.Value("--health-retries", retries, "number", "Failures in a row that make it unhealthy (default 3)");
  a.Value("--health-start-period", start_period, "time",
          "Failures do not count in the first time (default 0s)");
  a.Value("--health-timeout", timeout, "time", "Time that a check may take (default 30s)");
  a.Value("--health-on-failure", on_failure, "action",
          "What is done when it becomes unhealthy: none, kill, restart or stop");
  a.Value("--health-startup-cmd", startup_command, "command",
          "A check that must succeed before --health-cmd begins");
  a.Value("--health-startup-interval", startup_interval, "time",
          "Time between two startup checks (default 30s)");
  a.Value("--health-startup-retries", startup_retries, "number",
          "Failures that restart the container (default 0: none)");
  a.Value("--health-startup-success", startup_success, "number",
          "Successes in a row that end the startup checks (default 1)");
  a.Value("--health-startup-timeout", startup_timeout, "time",
          "Time that a startup check may take (default 30s)");
  a.Value("--health-max-log-count", max_log_count, "number",
          "Results that 'inspect' shows (default 5, 0: all)");
  a.Value("--health-max-log-size", max_log_size, "number",
          "Characters of output kept of each (default 500, 0: all)");
  a.Switch("--no-healthcheck", disabled, "Leave out the image's HEALTHCHECK");
}

bool HealthFlags::HasDetails() const {
  return !interval.empty() || !timeout.empty() || !start_period.empty() || !on_failure.empty() || retries ||
         startup_command || !startup_interval.empty() || !startup_timeout.empty() || startup_retries ||
         startup_success || max_log_count || max_log_size;
}

Result<std::optional<HealthCheck>> BuildHealthCheck(const HealthFlags& flags,
                                                    const image::HealthConfig* image) {
  if (flags.disabled) {
    if (flags.command || flags.HasDetails())
      return MakeError(ErrorCode::kInvalid,
                       "--no-healthcheck and the other --health flags exclude each other");
    return std::optional<HealthCheck>();
  }
  HealthCheck check = FromImage(image == nullptr ? image::HealthConfig{} : *image);
  if (flags.command) {
    ASSIGN_OR_RETURN(check.probe.handler.command, ParseCommand("--health-cmd", *flags.command));
  }
  if (check.probe.handler.command.empty()) {
    if (flags.HasDetails())
      return MakeError(
          ErrorCode::kInvalid,
          "there is no check to set this for: give --health-cmd, as the image has no HEALTHCHECK");
    return std::optional<HealthCheck>();
  }
  TRY(SetInterval("--health-interval", flags.interval, check.probe));
  TRY(SetMilliseconds("--health-timeout", flags.timeout, 1000, check.probe.timeout_ms));
  TRY(SetMilliseconds("--health-start-period", flags.start_period, 0, check.start_period_ms));
  TRY(SetCount("--health-retries", flags.retries, 1, check.probe.failure_threshold));
  TRY(SetCount("--health-max-log-count", flags.max_log_count, 0, check.max_log_count));
  TRY(SetCount("--health-max-log-size", flags.max_log_size, 0, check.max_log_size));
  if (!flags.on_failure.empty()) {
    const auto action = EnumFromName(static_cast<HealthCheck::OnFailure*>(nullptr), flags.on_failure);
    if (!action)
      return MakeError(ErrorCode::kInvalid,
                       "invalid --health-on-failure \"{}\": write none, kill, restart or stop",
                       flags.on_failure);
    check.on_failure = *action;
  }
  TRY(AddStartup(flags, check));
  return std::optional(std::move(check));
}

}  // namespace skiff::cli
