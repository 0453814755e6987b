// Flags whose value is a small language of its own.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/result.h"
#include "pod/spec.h"

namespace skiff::cli {

struct RestartFlag {
  pod::RestartPolicy policy = pod::RestartPolicy::kNever;
  int max_retries = 0;
};
// "no", "never", "always", "unless-stopped", "on-failure", "on-failure:3".
common::Result<RestartFlag> ParseRestart(std::string_view text);
// "missing", "always", "never", "newer": as the container's record has it, which knows no "newer".
common::Result<pod::PullPolicy> ParsePull(std::string_view text);
// "nofile=1024:2048", "core=-1", "host": name and "soft:hard".
common::Result<std::pair<std::string, std::string>> ParseUlimit(std::string_view text);
// "name:1.2.3.4", "name:host-gateway".
common::Result<pod::HostAlias> ParseAddHost(std::string_view text);
// seccomp=, no-new-privileges, label=, apparmor=, mask=/unmask=ALL, proc-opts is refused.
common::Result<> ApplySecurityOption(std::string_view text, const std::string& current_directory,
                                     pod::SecurityContext& security);
// bridge, host, none, container:ID, ns:PATH, pod names of networks; "slirp4netns" and "pasta" are refused.
common::Result<> ApplyNetworkFlag(std::string_view text, pod::NetworkSpec& network);

}  // namespace skiff::cli
