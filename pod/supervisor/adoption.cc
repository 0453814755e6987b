#include "pod/supervisor/adoption.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <thread>
#include <vector>

#include "common/file.h"
#include "common/process.h"
#include "pod/supervisor/mount_namespace.h"
#include "pod/supervisor/protocol.h"
#include "runtime/cgroup.h"

namespace skiff::supervisor {

using common::Result;

namespace {
constexpr int kLooks = 2000;
constexpr std::chrono::milliseconds kPause{2};
}  // namespace

bool WasLaunched(const PodPlan& plan, const PodStatus& status) {
  if (status.state != "running" && status.state != "stopping") return false;
  return !common::PathExists(common::JoinPath(plan.run_dir, kLaunchPendingFile));
}

bool CanBeAdopted(const PodPlan& plan, const PodStatus& status) {
  if (!WasLaunched(plan, status)) return false;
  const auto infra = static_cast<pid_t>(status.infra_pid);
  const auto lives = common::ProcessLives(infra, status.infra_start_time);
  return infra > 0 && lives && *lives && FindPodMountNamespace(infra);
}

Result<> EndProgramsOf(const PodPlan& plan, const PodStatus& status) {
  if (plan.supervisor_cgroup.empty()) return {};
  ASSIGN_OR_RETURN(const auto cgroups, runtime::Cgroups::Detect(plan.cgroup_root));
  const auto spared = [&](pid_t pid) {
    return pid == ::getpid() || std::ranges::any_of(status.containers, [&](const ContainerStatus& container) {
             return container.hook && container.hook->pid == pid;
           });
  };
  for (int look = 1;; ++look) {
    ASSIGN_OR_RETURN(auto pids, cgroups.Processes(plan.supervisor_cgroup));
    std::erase_if(pids, spared);
    if (pids.empty()) return {};
    if (look == kLooks)
      return common::MakeError(common::ErrorCode::kTimeout, "process {} in control group {} does not end after SIGKILL (it waits in "
                               "the kernel: see /proc/{}/stack)", pids.front(), plan.supervisor_cgroup, pids.front());
    for (const pid_t pid : pids) ::kill(pid, SIGKILL);
    std::this_thread::sleep_for(kPause);
  }
}

}  // namespace skiff::supervisor
