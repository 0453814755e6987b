// A supervisor that takes over from one that was killed. What belongs to the pod runs on: infra and containers are children
// of the reaper, their output waits in FIFOs, their ends are in RUN_DIR/exits.
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <thread>

#include "common/file.h"
#include "common/process.h"
#include "pod/supervisor/pod_mounts.h"
#include "pod/supervisor/pod_supervisor.h"
#include "pod/supervisor/reaper.h"
#include "pod/supervisor/sandbox_policy.h"

namespace skiff::supervisor {

using common::JoinPath;
using common::Result;

namespace {

std::string ReadOrEmpty(const std::string& path) { return common::ReadFile(path).value_or(std::string()); }

// Whether it is in another PID namespace than we are. A daemon of a container finds its parent in there, so that only what a
// killed runtime had brought in becomes a child of the reaper.
bool IsInOtherPidNamespace(const std::string& name) {
  struct stat own, its;
  return ::stat("/proc/self/ns/pid", &own) == 0 && ::stat(("/proc/" + name + "/ns/pid").c_str(), &its) == 0 &&
         own.st_ino != its.st_ino;
}

// Living children of `parent` that an earlier supervisor has started: those in our own control group, and what became of the
// command of an exec whose runtime was killed. Containers are among the latter too.
std::vector<pid_t> Siblings(pid_t parent) {
  std::vector<pid_t> found;
  const auto names = common::ListDirectory("/proc");
  if (!names) return found;
  const std::string own_cgroups = ReadOrEmpty("/proc/self/cgroup");
  for (const auto& name : *names) {
    pid_t pid = 0;
    if (std::from_chars(name.data(), name.data() + name.size(), pid).ec != std::errc() || pid == ::getpid()) continue;
    const std::string stat = ReadOrEmpty("/proc/" + name + "/stat");
    const size_t command_end = stat.rfind(')');
    if (command_end == std::string::npos || stat.compare(command_end, 4, ") Z ") == 0) continue;
    // proc(5): field 4, the parent, comes two characters and a state behind the command.
    pid_t its_parent = 0;
    std::from_chars(stat.data() + std::min(command_end + 4, stat.size()), stat.data() + stat.size(), its_parent);
    if (its_parent != parent) continue;
    if (ReadOrEmpty("/proc/" + name + "/cgroup") == own_cgroups || IsInOtherPidNamespace(name)) found.push_back(pid);
  }
  return found;
}

}  // namespace

Result<> PodSupervisor::Adopt() {
  const PodStatus recorded = ReadStatus(plan_.run_dir).value_or(PodStatus());
  if (recorded.state == "exited") {
    // The one before was killed between its last word and its end: the word stands, with its containers.
    status_ = recorded;
    TRY(common::WriteFileAtomic(JoinPath(plan_.state_dir, kFinalFile), common::EncodeJson(recorded), 0600));
    reaper_->SayOver(false);
    loop_->Stop();
    return {};
  }
  // The pod is more than its relays; the sockets stay with the reaper.
  (void)TakeRelays();
  ASSIGN_OR_RETURN(const std::string program, MountedRuntime(plan_));
  runtime_.emplace(program, plan_.runtime_root);
  const pid_t own_pid = static_cast<pid_t>(status_.supervisor_pid);
  status_ = recorded;
  status_.id = plan_.id;
  status_.supervisor_pid = own_pid;
  status_.containers.clear();
  announced_readiness_ = "unknown";  // whether the last change was announced
  Changed();
  TRY(KillLeftovers(recorded));
  AdoptInfra();
  const bool interrupted = common::PathExists(JoinPath(plan_.run_dir, kLaunchPendingFile));
  if (!infra_pidfd_ && !losing() && status_.state == "running" && !interrupted && GetsNewSandbox(plan_, recorded.containers))
    MarkSandboxLost();
  AdoptContainers(recorded);
  TRY(ListenForControl());
  if (interrupted) {
    Stop(StopGrace{}, "LaunchInterrupted", "the pod's supervisor was killed while the pod was being started");
  } else if (stopping()) {
    StopContainers(std::nullopt);
    EndIfDone();
  } else {
    ArmDeadline();
    loop_->Defer([this] { GoOn(); });
  }
  return {};
}

void PodSupervisor::GoOn() {
  if (stopping()) return;
  if (!losing() && infra_pidfd_) return StartNext();
  if (!losing()) return LoseSandbox();
  LeaveSandbox();
  // One that the earlier supervisor had not made ready is as good as none.
  if (infra_pidfd_) KillInfra();
  MakeSandboxWhenEnded();
}

// Runtimes and probes that the earlier supervisor had started, or an infra process that it had not recorded yet. Hooks go on.
Result<> PodSupervisor::KillLeftovers(const PodStatus& recorded) {
  for (int round = 0; round < 200; ++round) {
    auto siblings = Siblings(::getppid());
    std::erase(siblings, static_cast<pid_t>(status_.infra_pid));
    for (const ContainerStatus& container : recorded.containers) {
      std::erase(siblings, static_cast<pid_t>(container.pid));
      if (container.hook) std::erase(siblings, static_cast<pid_t>(container.hook->pid));
    }
    if (siblings.empty()) return {};
    for (const pid_t pid : siblings) {
      if (::getpgid(pid) == pid) ::kill(-pid, SIGKILL);  // a command of a probe with its own children
      ::kill(pid, SIGKILL);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return common::MakeError(common::ErrorCode::kTimeout, "helpers of the killed supervisor do not end");
}

void PodSupervisor::AdoptInfra() {
  const auto pid = static_cast<pid_t>(status_.infra_pid);
  const auto start_time = common::ProcessStartTime(pid);
  auto pidfd = common::OpenPidfd(pid);
  const bool same = pid > 0 && pidfd && start_time && *start_time == status_.infra_start_time;
  if (!same || !WatchInfra(std::move(*pidfd))) {
    if (infra_pidfd_) loop_->Unwatch(infra_pidfd_.get());
    infra_pidfd_.Reset();
    network_.reset();
    status_.infra_pid = 0;
    status_.infra_start_time = 0;
  }
}

void PodSupervisor::AdoptContainers(const PodStatus& recorded) {
  const auto exits = ParseExits(ReadOrEmpty(JoinPath(plan_.run_dir, kExitsFile)));
  for (const auto& plan : plan_.containers) AddContainer(plan);
  for (const auto& container : containers_) {
    const auto status = std::find_if(recorded.containers.begin(), recorded.containers.end(),
                                     [&](const ContainerStatus& s) { return s.id == container->plan().id; });
    if (status != recorded.containers.end()) container->Adopt(*status, exits, losing());
  }
}

}  // namespace skiff::supervisor
