#include <fcntl.h>
#include <poll.h>
#include <signal.h>

#include <chrono>
#include <thread>

#include "common/file.h"
#include "runtime/cgroup.h"
#include "runtime/cgroup_file.h"

namespace skiff::runtime {
namespace {

using common::ErrorCode;
using common::MakeError;
using common::Result;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kPatience{10'000};

common::Error StillThere(const std::string& directory) {
  std::vector<pid_t> pids;
  (void)CollectProcesses(directory, pids);
  return MakeError(
      ErrorCode::kTimeout,
      "process {} in {} did not end within {} s after SIGKILL (it waits in the kernel: see /proc/{}/stack)",
      pids.empty() ? 0 : pids.front(), directory, kPatience.count() / 1000, pids.empty() ? 0 : pids.front());
}

// cgroup.kill also reaches what is being forked; cgroup.events tells when the last one has gone.
Result<> KillV2(const std::string& directory) {
  auto killed = WriteCgroupFile(directory + "/cgroup.kill", "1");
  if (!killed && killed.error().code() == ErrorCode::kNotFound) return {};
  TRY(std::move(killed));
  ASSIGN_OR_RETURN(const common::UniqueFd events, common::Open(directory + "/cgroup.events", O_RDONLY));
  const auto deadline = steady_clock::now() + kPatience;
  while (true) {
    char text[256];
    const ssize_t length = ::pread(events.get(), text, sizeof text, 0);
    if (length < 0 && errno == ENODEV) return {};  // removed by somebody else
    if (length < 0) return common::ErrnoError("read {}/cgroup.events", directory);
    if (std::string_view(text, static_cast<size_t>(length)).find("populated 0") != std::string_view::npos)
      return {};
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now()).count();
    if (left <= 0) return StillThere(directory);
    pollfd poll_events{events.get(), POLLPRI, 0};
    ::poll(&poll_events, 1, static_cast<int>(left));
  }
}

// Frozen processes cannot fork, so that one pass meets them all; SIGKILL takes effect when they thaw.
Result<> FreezeAndKill(const std::string& directory, bool freezer) {
  if (freezer) {
    TRY(WriteCgroupFile(directory + "/freezer.state", "FROZEN"));
    // A process that waits in the kernel can hold up the freezing; it cannot fork either, so waiting on is of
    // no use.
    for (int i = 0; i < 20; ++i) {
      const auto state = common::ReadFile(directory + "/freezer.state", 64);
      if (!state || state->starts_with("FROZEN")) break;
      std::this_thread::sleep_for(milliseconds(1));
    }
  }
  std::vector<pid_t> pids;
  auto collected = CollectProcesses(directory, pids);
  for (const pid_t pid : pids) ::kill(pid, SIGKILL);
  if (freezer) TRY(WriteCgroupFile(directory + "/freezer.state", "THAWED"));
  return collected;
}

Result<> KillV1(const std::string& directory, bool freezer) {
  const auto deadline = steady_clock::now() + kPatience;
  milliseconds pause{1};
  std::vector<pid_t> pids;
  TRY(CollectProcesses(directory, pids));
  while (!pids.empty()) {
    TRY(FreezeAndKill(directory, freezer));
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, milliseconds(50));
    pids.clear();
    TRY(CollectProcesses(directory, pids));
    if (!pids.empty() && steady_clock::now() > deadline) return StillThere(directory);
  }
  return {};
}

}  // namespace

Result<> Cgroups::KillAll(const std::string& path) const {
  if (path.find_first_not_of('/') == std::string::npos)
    return MakeError(ErrorCode::kInvalid, "refusing to kill the root cgroup");
  const std::string directory = ProcessDirectory(path);
  return unified_ ? KillV2(directory) : KillV1(directory, Find("freezer") != nullptr);
}

}  // namespace skiff::runtime
