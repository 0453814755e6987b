#include "pod/supervisor/container.h"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <charconv>
#include <utility>

#include "common/clock.h"
#include "common/file.h"
#include "common/process.h"
#include "pod/supervisor/container_root.h"
#include "pod/supervisor/safe_text.h"
#include "pod/supervisor/termination_message.h"

namespace skiff::supervisor {

using common::ErrorCode;
using common::Result;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr size_t kMostOfAnEvent = 1024;  // as in Kubernetes

std::string Timestamp(common::WallTime time) { return common::FormatTime(time, true); }

Result<pid_t> ReadPidFile(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, common::ReadFile(path, 64));
  pid_t pid = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), pid).ec != std::errc() || pid <= 0)
    return common::MakeError(ErrorCode::kInternal, "{}: no process id in it", path);
  return pid;
}

std::string ShowDelay(milliseconds delay) {
  if (delay.count() % 1000 == 0) return fmt::format("{}s", delay.count() / 1000);
  return fmt::format("{}ms", delay.count());
}

// Docker's exit codes of a container that could not be started.
int StartFailureCode(ErrorCode code) {
  if (code == ErrorCode::kCommandNotFound) return 127;
  if (code == ErrorCode::kCommandNotExecutable) return 126;
  return 128;
}

}  // namespace

Container::Container(ContainerPlan plan, ContainerServices services)
    : plan_(std::move(plan)),
      services_(services),
      hub_(services.loop, services.pod.state_dir, plan_.stdin_once),
      backoff_(RestartBackoff::RuleFor(plan_)) {
  status_.id = plan_.id;
  status_.name = plan_.name;
  status_.init = plan_.init;
  status_.sidecar = plan_.sidecar;
}

Container::~Container() {
  services_.loop.Cancel(timer_);
  services_.loop.Cancel(soon_);
}

// What cannot be written (a full disk) is lost; the pod goes on.
void Container::Emit(const char* type, const char* reason, const std::string& message) const {
  (void)services_.events.Append(
      {.type = type, .reason = reason, .message = SafeText(message, kMostOfAnEvent), .object = plan_.name});
}

ContainerIo::Options Container::IoOptions() const {
  return {services_.pod.run_dir, plan_.id, plan_.log_dir, status_.restart_count, plan_.tty, plan_.stdin};
}

runtime::OciRuntime::RunOptions Container::RunOptions() const {
  runtime::OciRuntime::RunOptions options;
  options.id = plan_.id;
  options.bundle = plan_.bundle;
  options.pid_file = fmt::format("{}/{}.pid", services_.pod.run_dir, plan_.id);
  options.log_file = fmt::format("{}/{}.runtime.log", services_.pod.run_dir, plan_.id);
  return options;
}

void Container::Start() {
  services_.loop.Cancel(timer_);
  BeginRun();
  services_.observer.OnStarting(*this);
  if (auto spawned = SpawnRuntime(); !spawned) FailStart(std::move(spawned).error());
}

bool Container::StartInTurn() {
  const auto next = common::ParseTime(status_.next_start_at);
  const bool waits = status_.state == "waiting" && next && *next > common::Now();
  waits ? ResumeBackoff() : Start();
  return !waits;
}

// A restart by policy counts, a start that somebody asked for does not.
void Container::BeginRun() {
  const bool by_policy = std::exchange(anew_, false) || phase_ == Phase::kBackoff;
  if (by_policy) {
    status_.last_exit_code = status_.exit_code;
    status_.last_reason = status_.reason == "CrashLoopBackOff" ? status_.last_reason : status_.reason;
    status_.last_started_at = status_.started_at;
    status_.last_finished_at = status_.finished_at;
    status_.last_termination_message = status_.termination_message;
    ++status_.restart_count;
  }
  phase_ = Phase::kStarting;
  status_.state = "waiting";
  status_.reason = "ContainerCreating";
  status_.message.clear();
  status_.next_start_at.clear();
  status_.started_at.clear();
  status_.finished_at.clear();
  status_.exit_code = 0;
  status_.oom_killed = false;
  status_.final = false;
  status_.started = false;
  status_.probe_failure.clear();
  status_.termination_message.clear();
  status_.health.clear();
  UpdateReady();
  ClearStop();
}

Result<> Container::SpawnRuntime() {
  // What a killed runtime left behind would make it refuse the id.
  TRY(services_.runtime.DeleteForced(plan_.id));
  TRY(MountContainerRoot(plan_));
  auto options = RunOptions();
  TRY(common::RemoveFile(options.pid_file));
  TRY(common::RemoveFile(options.log_file));
  ContainerIo::ContainerEnds ends;
  TRY(OpenIo(options, ends));
  common::Command command;
  command.argv = services_.runtime.RunArgv(options);
  command.stdin_fd = ends.in.get();
  command.stdout_fd = ends.out.get();
  command.stderr_fd = ends.err.get();
  ASSIGN_OR_RETURN(common::Child child, common::Spawn(command));
  return services_.loop.WatchChild(std::move(child), [this](common::ExitStatus status) { OnRuntimeEnded(status); });
}

Result<> Container::OpenIo(runtime::OciRuntime::RunOptions& options, ContainerIo::ContainerEnds& ends) {
  ASSIGN_OR_RETURN(io_, ContainerIo::Create(services_.loop, services_.keeper, hub_, IoOptions()));
  if (rows_ > 0) io_->Resize(rows_, columns_);
  if (plan_.tty) {
    ASSIGN_OR_RETURN(options.console_socket, io_->ListenForTerminal());
  } else {
    ASSIGN_OR_RETURN(ends, io_->OpenContainerEnds());
  }
  return {};
}

void Container::OnRuntimeEnded(common::ExitStatus status) {
  const auto options = RunOptions();
  if (!status.ok()) return FailStart(services_.runtime.RunError(options, status.ToCode()));
  const auto pid = ReadPidFile(options.pid_file);
  if (!pid) return FailStart(pid.error());
  SetRunning(*pid);
}

void Container::SetRunning(pid_t pid) {
  phase_ = Phase::kRunning;
  run_began_ = steady_clock::now();
  status_.state = "running";
  status_.reason.clear();
  status_.pid = pid;
  // Both fail for a process that has ended already; the reaper's record of it is on its way.
  status_.pid_start_time = common::ProcessStartTime(pid).value_or(0);
  pidfd_ = common::OpenPidfd(pid).value_or(common::UniqueFd());
  status_.started_at = Timestamp(common::Now());
  Emit("Normal", "Created", "Created container: " + plan_.name);
  Emit("Normal", "Started", "Started container " + plan_.name);
  if (const auto stop = std::exchange(stop_, std::nullopt)) BeginStop(stop->grace, stop->then, stop->held, "Stopping container " + plan_.name);
  else if (plan_.post_start) RunPostStart();
  else BeginProbes("");
  services_.observer.OnStarted(*this);
}

void Container::FailStart(common::Error error) {
  services_.observer.OnTrouble(*this);
  if (io_) io_->Finish();
  io_.reset();
  if (auto released = ReleaseRun(); !released) error = std::move(error).AlsoFailed(released.error());
  phase_ = Phase::kEnded;
  status_.state = "exited";
  status_.reason = "StartError";
  status_.message = error.message();
  status_.exit_code = StartFailureCode(error.code());
  status_.finished_at = Timestamp(common::Now());
  status_.final = true;
  run_began_ = steady_clock::now();
  hub_.Finish(status_.exit_code);
  if (stop_ && stop_->then == AfterStop::kAnew) return EndNow();
  ClearStop();
  Emit("Warning", "Failed", "Error: " + error.message());
  services_.observer.OnStartFailed(*this, error);
}

void Container::BeginAnew() {
  anew_ = anew_ || phase_ != Phase::kIdle;
  phase_ = Phase::kIdle;
  status_.final = false;
}

void Container::RetryStart() {
  status_.final = false;
  DecideNext(status_.exit_code);
}

Result<> Container::Signal(int signal) {
  if (phase_ != Phase::kRunning)
    return common::MakeError(ErrorCode::kBusy, "container {} is not running", plan_.name);
  if (pidfd_ && ::syscall(SYS_pidfd_send_signal, pidfd_.get(), signal, nullptr, 0) != 0 && errno != ESRCH)
    return common::ErrnoError("send signal {} to container {}", signal, plan_.name);
  return {};
}

// A process that has ended needs no signal; its exit is on its way.
void Container::SendSignal(int signal) { (void)Signal(signal); }

void Container::Resize(int rows, int columns) {
  rows_ = rows;
  columns_ = columns;
  if (io_) io_->Resize(rows, columns);
}

void Container::GiveUp(const std::string& reason) {
  status_.final = true;
  status_.reason = reason;
}

bool Container::OnExit(const ExitRecord& record) {
  if (status_.hook && !hook_ && record.pid == status_.hook->pid) {
    const auto& status = record.status;
    OnHookDone({status && status->ok(), status ? fmt::format("it ended with exit code {}", status->ToCode())
                                               : std::string("it ended while nobody watched it")});
    return true;
  }
  if (phase_ != Phase::kRunning || record.pid != status_.pid) return false;
  if (status_.pid_start_time != 0 && record.start_time != 0 && record.start_time != status_.pid_start_time) return false;
  SetEnded(record.status, record.time);
  return true;
}

void Container::SetEnded(std::optional<common::ExitStatus> status, common::WallTime time) {
  services_.observer.OnTrouble(*this);
  services_.loop.Cancel(timer_);
  pidfd_.Reset();
  EndLifecycle();
  // In a shared PID namespace the container's other processes outlive the main one; Kubernetes kills them.
  auto killed = services_.cgroups.KillAll(plan_.cgroup);
  status_.exit_code = status ? status->ToCode() : kUnseenExitCode;
  status_.reason = ReasonOf(status_.exit_code);
  if (!status && !status_.oom_killed) status_.reason = kUnseenReason;
  if (io_) io_->Finish();
  io_.reset();
  auto released = ReleaseRun();
  status_.message = !killed ? killed.error().message() : !released ? released.error().message() : "";
  phase_ = Phase::kEnded;
  status_.state = "exited";
  status_.pid = 0;
  status_.pid_start_time = 0;
  status_.finished_at = Timestamp(time);
  // The reaper noted the end of a short run before the runtime had told of its start.
  if (const auto started = common::ParseTime(status_.started_at); started && *started > time)
    status_.started_at = status_.finished_at;
  status_.termination_message = TerminationMessage(plan_, services_.pod.containers.size(), status_);
  UpdateReady();
  hub_.Finish(status_.exit_code);
  const auto stop = std::exchange(stop_, std::nullopt);
  if (stop && stop->then != AfterStop::kPolicy) {
    stop_ = stop;
    return EndNow();
  }
  ClearStop();
  // Whoever was killed for failing its probe has failed, whatever its exit code says.
  DecideNext(stop && status_.exit_code == 0 ? 1 : status_.exit_code);
}

std::string Container::ReasonOf(int exit_code) {
  if (exit_code == 0) return "Completed";
  status_.oom_killed = services_.cgroups.OomKills(plan_.cgroup).value_or(0) > 0;
  return status_.oom_killed ? "OOMKilled" : "Error";
}

// The runtime's record, the control group and the mounts of a run whose processes have gone.
Result<> Container::ReleaseRun() {
  TRY(services_.cgroups.KillAll(plan_.cgroup));
  TRY(services_.runtime.DeleteForced(plan_.id));
  TRY(services_.cgroups.Remove(plan_.cgroup));
  return UnmountContainerRoot(plan_);
}

void Container::DecideNext(int exit_code) {
  const auto decision = DecideRestart(plan_, exit_code, status_.restart_count);
  const auto ran = std::chrono::duration_cast<milliseconds>(steady_clock::now() - run_began_);
  const bool again = decision == RestartDecision::kRestart || decision == RestartDecision::kRestartAll;
  const milliseconds delay = again ? backoff_.Next(ran) : milliseconds(0);
  status_.backoff_step = backoff_.step();
  if (decision == RestartDecision::kRestartAll) return services_.observer.OnRestartAll(*this, delay);
  if (again) ScheduleStart(delay);
  else status_.final = true;
  services_.observer.OnEnded(*this);
}

void Container::ScheduleStart(milliseconds delay) {
  phase_ = Phase::kBackoff;
  status_.state = "waiting";
  status_.next_start_at = Timestamp(common::Now() + delay);
  if (delay.count() > 0) {
    const std::string cause = status_.reason == "StartError" ? ": " + status_.message : "";
    // lastState keeps the reason of the run itself (kube-semantics 7.3).
    status_.last_reason = status_.reason;
    status_.reason = "CrashLoopBackOff";
    status_.message = fmt::format("back-off {} restarting failed container={} pod={}_{}({}){}", ShowDelay(delay), plan_.name,
                                  services_.pod.name, services_.pod.kube_namespace, services_.pod.uid, cause);
    Emit("Warning", "BackOff", fmt::format("Back-off restarting failed container {} in pod {}_{}({})", plan_.name,
                                           services_.pod.name, services_.pod.kube_namespace, services_.pod.uid));
  }
  timer_ = services_.loop.After(delay, [this] { Start(); });
}

Result<> Container::Discard() {
  services_.loop.Cancel(timer_);
  EndLifecycle();
  TRY(services_.cgroups.KillAll(plan_.cgroup));
  if (io_) io_->Finish();
  io_.reset();
  pidfd_.Reset();
  return ReleaseRun();
}

}  // namespace skiff::supervisor
