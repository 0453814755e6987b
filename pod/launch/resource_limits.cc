#include "pod/launch/resource_limits.h"

#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>

namespace skiff::pod {
namespace {

using common::ErrorCode;
using common::MakeError;
using common::Result;

// getrlimit(2); the OCI runtime-spec takes the constants' names.
constexpr std::array<std::string_view, 16> kLimits = {"as",    "core",    "cpu",      "data",   "fsize",
                                                      "locks", "memlock", "msgqueue", "nice",   "nofile",
                                                      "nproc", "rss",     "rtprio",   "rttime", "sigpending", "stack"};

std::optional<uint64_t> ParseLimit(std::string_view text) {
  if (text == "-1" || text == "unlimited") return RLIM_INFINITY;
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Result<runtime::OciRlimit> ToOciRlimit(const std::string& name, const std::string& text) {
  if (std::ranges::find(kLimits, name) == kLimits.end()) {
    return MakeError(ErrorCode::kInvalid, "ulimit \"{}\" is unknown; getrlimit(2) lists them (nofile, nproc, core, ...)",
                     name);
  }
  const size_t colon = text.find(':');
  const auto soft = ParseLimit(std::string_view(text).substr(0, colon));
  const auto hard = colon == std::string::npos ? soft : ParseLimit(std::string_view(text).substr(colon + 1));
  if (!soft || !hard || *soft > *hard) {
    return MakeError(ErrorCode::kInvalid, "ulimit {}={}: the form is SOFT[:HARD] with SOFT not above HARD", name, text);
  }
  std::string type = "RLIMIT_" + name;
  std::ranges::transform(type, type.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return runtime::OciRlimit{std::move(type), *soft, *hard};
}

}  // namespace

runtime::OciResources ToOciResources(const Resources& resources, const runtime::CgroupSupport& support) {
  constexpr uint64_t kLeastShares = 2;  // of what has no request
  runtime::OciResources result;
  if (support.cpu || resources.cpu_shares.value_or(0) > kLeastShares) result.cpu_shares = resources.cpu_shares;
  result.cpu_quota = resources.cpu_quota;
  result.cpu_period = resources.cpu_period;
  result.cpuset_cpus = resources.cpuset_cpus;
  result.memory_limit = resources.memory_limit;
  result.memory_reservation = resources.memory_reservation;
  result.memory_swap = resources.memory_swap;
  if (support.pids || resources.pids_limit != kDefaultPidsLimit) result.pids_limit = resources.pids_limit;
  if (resources.oom_kill_group && support.unified && (support.memory || resources.memory_limit))
    result.unified["memory.oom.group"] = "1";
  return result;
}

Result<std::vector<runtime::OciRlimit>> ToOciRlimits(const std::map<std::string, std::string>& ulimits) {
  std::vector<runtime::OciRlimit> result;
  for (const auto& [name, text] : ulimits) {
    ASSIGN_OR_RETURN(auto limit, ToOciRlimit(name, text));
    result.push_back(std::move(limit));
  }
  return result;
}

}  // namespace skiff::pod
