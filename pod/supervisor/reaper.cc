#include "pod/supervisor/reaper.h"

#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "common/file.h"
#include "pod/supervisor/adoption.h"
#include "pod/supervisor/held_port.h"
#include "pod/supervisor/mount_namespace.h"
#include "pod/supervisor/protocol.h"
#include "pod/supervisor/reaper_link.h"
#include "runtime/cgroup.h"

namespace skiff::supervisor {

using common::ErrorCode;
using common::JoinPath;
using common::Result;
using common::UniqueFd;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr milliseconds kLongestRestartDelay{2000};  // commands wait for up to five seconds
constexpr milliseconds kStableAfter{60'000};
constexpr size_t kExitsLimit = 256 * 1024;

// Into a group of its own beside the pod's: neither the caller's session nor the pod's memory limit may end it.
Result<> EnterCgroup(const PodPlan& plan) {
  if (plan.supervisor_cgroup.empty()) return {};
  ASSIGN_OR_RETURN(const auto cgroups, runtime::Cgroups::Detect(plan.cgroup_root));
  TRY(cgroups.CreateForProcesses(plan.supervisor_cgroup));
  return cgroups.Enter(plan.supervisor_cgroup);
}

void TryLeaveCgroup(const PodPlan& plan) {
  if (plan.supervisor_cgroup.empty()) return;
  const auto cgroups = runtime::Cgroups::Detect(plan.cgroup_root);
  if (cgroups && cgroups->Enter("/")) (void)cgroups->Remove(plan.supervisor_cgroup);
}

// Not permitted without CAP_SYS_RESOURCE; the pod works without it.
void TrySetOomScore(const char* score) { (void)common::WriteFile("/proc/self/oom_score_adj", score); }

}  // namespace

Result<Reaper> Reaper::Prepare(const std::string& run_dir, UniqueFd lock, Kept kept) {
  ASSIGN_OR_RETURN(auto plan, ReadPlan(run_dir));
  TRY(common::WriteFile(JoinPath(run_dir, kLaunchPendingFile), ""));
  TRY(EnterPodMountNamespace(plan));
  Reaper reaper(std::move(plan), std::move(lock), std::move(kept));
  TRY(reaper.OpenExits(O_TRUNC));
  TRY(reaper.BecomeReaper());
  return reaper;
}

Result<Reaper> Reaper::Adopt(const std::string& run_dir, bool inside, UniqueFd lock, Kept kept) {
  ASSIGN_OR_RETURN(auto plan, ReadPlan(run_dir));
  ASSIGN_OR_RETURN(const auto status, ReadStatus(run_dir));
  if (!inside) {
    // Before anything is ended: without it the pod cannot be taken over.
    ASSIGN_OR_RETURN(const UniqueFd mounts, FindPodMountNamespace(static_cast<pid_t>(status.infra_pid)));
    TRY(JoinPodMountNamespace(mounts));
  }
  TRY(EndProgramsOf(plan, status));
  Reaper reaper(std::move(plan), std::move(lock), std::move(kept));
  TRY(reaper.OpenExits(0));
  TRY(reaper.BecomeReaper());
  reaper.WatchOrphans(status);
  return reaper;
}

Result<> Reaper::BecomeReaper() {
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) return common::ErrnoError("become a subreaper");
  TRY(EnterCgroup(plan_), "enter control group {}", plan_.supervisor_cgroup);
  TrySetOomScore("-999");
  return OpenSignals();
}

void Reaper::WatchOrphans(const PodStatus& status) {
  for (const ContainerStatus& container : status.containers) {
    if (container.state == "running") orphans_.Add(static_cast<pid_t>(container.pid), container.pid_start_time);
    if (container.hook) orphans_.Add(static_cast<pid_t>(container.hook->pid), container.hook->pid_start_time);
  }
}

Result<> Reaper::OpenSignals() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : {SIGCHLD, SIGTERM, SIGINT, SIGHUP}) ::sigaddset(&set, signal);
  if (::sigprocmask(SIG_BLOCK, &set, nullptr) != 0) return common::ErrnoError("block signals");
  signals_ = UniqueFd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals_) return common::ErrnoError("signalfd");
  return {};
}

Result<> Reaper::OpenExits(int further_flags) {
  ASSIGN_OR_RETURN(exits_, common::Open(JoinPath(plan_.run_dir, kExitsFile), O_WRONLY | O_CREAT | O_APPEND | further_flags, 0600));
  return {};
}

Result<> Reaper::Run() {
  ::malloc_trim(0);  // the plan's text and tree
  std::vector<pollfd> polls;
  while (!over_ || supervisor_ > 0) {
    polls.assign({{signals_.get(), POLLIN, 0}, {link_.get(), POLLIN, 0}});
    orphans_.AddTo(polls);
    const int ready = ::poll(polls.data(), polls.size(), PollTimeout());
    if (ready < 0 && errno != EINTR) return common::ErrnoError("poll");
    if (ready > 0 && polls[1].revents != 0) TRY(HandleLink());
    if (ready > 0 && polls[0].revents != 0) TRY(HandleSignals());
    for (const ExitRecord& record : orphans_.Collect()) RecordExit(record);
    // A failure to start it again (out of memory, say) is tried again like a crash.
    if (restart_at_ && steady_clock::now() >= *restart_at_ && !StartSupervisor(-1)) SupervisorEnded();
  }
  Finish();
  return {};
}

Result<> Reaper::StartSupervisor(int launch_channel) {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) return common::ErrnoError("socketpair");
  link_.Reset(pair[0]);
  const UniqueFd theirs(pair[1]);
  common::Command command;
  command.argv = {plan_.supervisor_program, plan_.run_dir, launch_channel >= 0 ? "launch" : "adopt"};
  command.working_directory = "/";
  if (launch_channel >= 0) command.pass_fds.emplace_back(launch_channel, kLaunchFd);
  command.pass_fds.emplace_back(theirs.get(), kReaperLinkFd);
  ASSIGN_OR_RETURN(const common::Child child, common::Spawn(command));
  supervisor_ = child.pid;
  supervisor_started_ = steady_clock::now();
  restart_at_.reset();
  SendKeptDescriptors();
  return {};
}

void Reaper::SendKeptDescriptors() {
  // When the supervisor is gone already, its end is seen through SIGCHLD.
  for (const auto& [name, fd] : kept_) {
    if (!SendLinkMessage(link_.get(), "fd " + name, fd.get())) return;
  }
  (void)SendLinkMessage(link_.get(), "begin");
}

int Reaper::PollTimeout() const {
  std::optional<milliseconds> left = orphans_.Patience();
  if (restart_at_) {
    const auto until_start = std::chrono::ceil<milliseconds>(*restart_at_ - steady_clock::now());
    left = std::min(left.value_or(until_start), until_start);
  }
  return left ? static_cast<int>(std::max<int64_t>(left->count(), 0)) : -1;
}

Result<> Reaper::HandleSignals() {
  signalfd_siginfo info;
  while (::read(signals_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    // The machine goes down, or a person means the pod: the supervisor stops it in order.
    if (info.ssi_signo != SIGCHLD && supervisor_ > 0) ::kill(supervisor_, SIGTERM);
  }
  return ReapChildren();
}

Result<> Reaper::HandleLink() {
  ASSIGN_OR_RETURN(auto message, ReceiveLinkMessage(link_.get()));
  if (!message) {
    link_.Reset();
    return {};
  }
  if (message->word == "over") {
    over_ = true;
    if (message->argument == "clean") {
      plan_.exit_command.clear();
      plan_.readiness_command.clear();
    }
  }
  if (message->word == "keep") kept_[message->argument] = std::move(message->fd);
  if (message->word == "drop") kept_.erase(message->argument);
  if (message->word == "release")
    std::erase_if(kept_, [&](const auto& kept) { return Holds(kept.first, message->argument); });
  return {};
}

Result<> Reaper::ReapChildren() {
  while (true) {
    siginfo_t info{};
    // Look first, reap after the record is written: a reader of exits never misses one.
    if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0) {
      if (errno == EINTR) continue;
      if (errno == ECHILD) return {};
      return common::ErrnoError("waitid");
    }
    if (info.si_pid == 0) return {};
    if (info.si_pid != supervisor_) {
      ExitRecord record;
      record.pid = info.si_pid;
      record.start_time = common::ProcessStartTime(info.si_pid).value_or(0);
      const bool exited = info.si_code == CLD_EXITED;
      record.status = {.code = exited ? info.si_status : 0, .signal = exited ? 0 : info.si_status};
      record.time = common::Now();
      RecordExit(record);
    }
    TRY(common::Wait(info.si_pid));
    if (info.si_pid == supervisor_) SupervisorEnded();
  }
}

void Reaper::RecordExit(const ExitRecord& record) {
  const std::string line = FormatExit(record);
  // A full run directory must not end the pod: the supervisor that lives is told, only a later one would not know.
  if (common::WriteAll(exits_.get(), line + "\n")) exits_size_ += line.size() + 1;
  if (exits_size_ > kExitsLimit) (void)TrimExits();
  // A supervisor that is just dying reads the file when it is started again.
  if (link_) (void)SendLinkMessage(link_.get(), "exit " + line);
}

// Containers in the host's PID namespace can leave us any number of orphans. The older half has long been taken over into
// status.json.
Result<> Reaper::TrimExits() {
  const std::string path = JoinPath(plan_.run_dir, kExitsFile);
  ASSIGN_OR_RETURN(std::string text, common::ReadFile(path));
  text.erase(0, text.find('\n', text.size() / 2) + 1);
  TRY(common::WriteFileAtomic(path, text, 0600));
  exits_size_ = text.size();
  ASSIGN_OR_RETURN(exits_, common::Open(path, O_WRONLY | O_APPEND));
  return {};
}

void Reaper::SupervisorEnded() {
  supervisor_ = -1;
  // Its last words may still be in the socket.
  while (link_) {
    pollfd readable{link_.get(), POLLIN, 0};
    if (::poll(&readable, 1, 0) <= 0 || !HandleLink()) break;
  }
  link_.Reset();
  if (over_) return;
  if (steady_clock::now() - supervisor_started_ > kStableAfter) restart_delay_ = milliseconds(0);
  restart_at_ = steady_clock::now() + restart_delay_;
  restart_delay_ = std::clamp(restart_delay_ * 2, milliseconds(100), kLongestRestartDelay);
}

void Reaper::Finish() {
  kept_.clear();
  TryLeavePodDirectories(plan_);
  TrySetOomScore("0");
  if (!plan_.readiness_marker.empty() && !common::PathExists(plan_.readiness_marker)) plan_.readiness_command.clear();
  for (const auto& argv : {plan_.exit_command, plan_.readiness_command}) {
    if (argv.empty()) continue;
    common::Command command;
    command.argv = argv;
    command.working_directory = "/";
    // What it could not do, the next command's repair does.
    if (const auto child = common::Spawn(command)) (void)common::Wait(child->pid);
  }
  TryLeaveCgroup(plan_);
}

}  // namespace skiff::supervisor
