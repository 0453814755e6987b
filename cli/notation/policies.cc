#include "cli/notation/policies.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "cli/notation/sizes.h"
#include "cli/notation/text.h"
#include "cli/suggest.h"
#include "common/file.h"

namespace skiff::cli {

using common::ErrorCode;
using common::MakeError;
using common::Result;

Result<RestartFlag> ParseRestart(std::string_view text) {
  const auto [name, count] = SplitPair(text, ':');
  RestartFlag flag;
  if (name == "always" || name == "unless-stopped") {
    flag.policy = pod::RestartPolicy::kAlways;
  } else if (name == "on-failure") {
    flag.policy = pod::RestartPolicy::kOnFailure;
  } else if (name != "no" && name != "never" && !name.empty()) {
    return MakeError(ErrorCode::kInvalid,
                     "invalid restart policy \"{}\": write no, always, unless-stopped or on-failure[:N]",
                     text);
  }
  if (count.empty()) return flag;
  if (flag.policy != pod::RestartPolicy::kOnFailure)
    return MakeError(ErrorCode::kInvalid, "restart policy \"{}\": only on-failure takes a number of retries",
                     text);
  ASSIGN_OR_RETURN(const int64_t retries, ParseInteger(count, 0, 1'000'000), "restart policy \"{}\"", text);
  flag.max_retries = static_cast<int>(retries);
  return flag;
}

Result<pod::PullPolicy> ParsePull(std::string_view text) {
  if (text == "always") return pod::PullPolicy::kAlways;
  if (text == "never") return pod::PullPolicy::kNever;
  if (text == "missing" || text == "newer" || text == "ifnotpresent") return pod::PullPolicy::kIfNotPresent;
  return MakeError(ErrorCode::kInvalid, "invalid pull policy \"{}\": write missing, always, newer or never",
                   text);
}

Result<std::pair<std::string, std::string>> ParseUlimit(std::string_view text) {
  static const std::vector<std::string> kNames = {
      "as",   "core",   "cpu",   "data", "fsize",  "locks",  "memlock",    "msgqueue",
      "nice", "nofile", "nproc", "rss",  "rtprio", "rttime", "sigpending", "stack"};
  auto [name, value] = SplitPair(text, '=');
  if (name == "host")
    return MakeError(ErrorCode::kUnsupported, "--ulimit host is not supported; name the limits");
  if (std::find(kNames.begin(), kNames.end(), name) == kNames.end())
    return MakeError(ErrorCode::kInvalid, "unknown ulimit \"{}\"{}", name, DidYouMean(name, kNames));
  auto [soft, hard] = SplitPair(value, ':');
  if (hard.empty()) hard = soft;
  for (const std::string* number : {&soft, &hard})
    TRY(ParseInteger(*number, -1, INT64_MAX), "ulimit \"{}\"", text);
  return std::pair{name, soft + ":" + hard};
}

Result<pod::HostAlias> ParseAddHost(std::string_view text) {
  const auto [names, ip] = SplitPair(text, ':');
  in6_addr parsed;
  const bool address =
      ::inet_pton(AF_INET, ip.c_str(), &parsed) == 1 || ::inet_pton(AF_INET6, ip.c_str(), &parsed) == 1;
  if (names.empty() || (!address && ip != pod::kHostGateway))
    return MakeError(ErrorCode::kInvalid, "invalid --add-host \"{}\": write NAME:IP or NAME:host-gateway", text);
  return pod::HostAlias{ip, Split(names, ';')};
}

Result<> ApplySecurityOption(std::string_view text, const std::string& current_directory,
                             pod::SecurityContext& security) {
  const size_t at = text.find_first_of("=:");
  const std::string_view key = text.substr(0, at);
  const std::string value(at == std::string_view::npos ? "" : text.substr(at + 1));
  if (key == "seccomp") {
    if (value == "unconfined") {
      security.seccomp.type = pod::SeccompProfile::Type::kUnconfined;
      return {};
    }
    const std::string path = common::JoinPath(current_directory, value);
    if (!common::PathExists(path))
      return MakeError(ErrorCode::kNotFound, "seccomp profile {}: no such file", path);
    security.seccomp = {pod::SeccompProfile::Type::kLocalhost, path};
  } else if (key == "no-new-privileges") {
    security.no_new_privileges = value.empty() || value == "true";
  } else if (key == "label") {
    if (value != "disable" && value != "nested") security.selinux_label = value;
  } else if (key == "apparmor") {
    security.apparmor_profile = value;
  } else if (key == "unmask" || key == "systempaths") {
    if (value != "ALL" && value != "all" && value != "unconfined")
      return MakeError(ErrorCode::kUnsupported, "--security-opt {}: only unmask=ALL is supported", text);
    security.unmasked_proc = true;
  } else {
    return MakeError(
        ErrorCode::kInvalid,
        "unknown --security-opt \"{}\": write seccomp=, no-new-privileges, label=, apparmor= or unmask=ALL",
        text);
  }
  return {};
}

}  // namespace skiff::cli
