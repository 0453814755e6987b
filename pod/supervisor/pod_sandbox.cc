// A pod whose infra process ends unexpectedly gets a new sandbox, as from the kubelet: what still runs is stopped, another infra
// process gets the network of the one before, and the pod is started in it from its init containers on. The pod's mounts, volumes,
// ports and address are kept all the while.
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>

#include "common/clock.h"
#include "common/file.h"
#include "pod/supervisor/pod_mounts.h"
#include "pod/supervisor/pod_supervisor.h"
#include "pod/supervisor/safe_text.h"
#include "pod/supervisor/sandbox_policy.h"

namespace skiff::supervisor {

using common::Result;
using std::chrono::milliseconds;
using namespace std::chrono_literals;

namespace {

// The kubelet looks at its pods once a second, and after an error every ten.
constexpr RestartBackoff::Rule kSandboxBackoff{0ms, 1s, 10s, 10s};
constexpr size_t kMostOfAnEvent = 1024;  // as in Kubernetes

std::string NowText() { return common::FormatTime(common::Now(), true); }

// Of what a command has printed before it failed, without the word that the event's text has already.
std::string FailureText(std::string output) {
  while (!output.empty() && std::isspace(static_cast<unsigned char>(output.back()))) output.pop_back();
  constexpr std::string_view kPrefix = "Error: ";
  if (output.starts_with(kPrefix)) output.erase(0, kPrefix.size());
  return output;
}

}  // namespace

void PodSupervisor::OnInfraEnded() {
  loop_->Unwatch(infra_pidfd_.get());
  infra_pidfd_.Reset();
  network_.reset();
  sandbox_command_.reset();
  if (infra_is_child_) (void)common::Wait(static_cast<pid_t>(status_.infra_pid));
  status_.infra_pid = 0;
  status_.infra_start_time = 0;
  Changed();
  if (!stopping()) LoseSandbox();
  if (stopping()) return EndIfDone();
  MakeSandboxWhenEnded();
}

// The containers of a shared PID namespace end before its first process does: their ends are not their own.
void PodSupervisor::LookAtInfra() {
  if (stopping() || losing() || status_.state != "running" || !infra_pidfd_) return;
  const auto works = common::ProcessWorks(static_cast<pid_t>(status_.infra_pid), status_.infra_start_time);
  if (works && !*works) LoseSandbox();
}

void PodSupervisor::LoseSandbox() {
  if (losing()) return;
  if (status_.state == "created" || !GetsNewSandbox(plan_, CurrentStatus().containers)) {
    constexpr char kMessage[] = "the pod's infra process ended unexpectedly";
    EmitForPod("Warning", "SandboxChanged", std::string(kMessage) + ", the pod is stopped");
    // Kubernetes knows no such reason: the containers' exit codes tell.
    const bool kube = !plan_.restart_policy.empty() && status_.state == "running";
    return Stop(std::nullopt, kube ? "" : "SandboxChanged", kube ? "" : kMessage);
  }
  MarkSandboxLost();
  LeaveSandbox();
}

void PodSupervisor::MarkSandboxLost() {
  status_.sandbox_lost_at = NowText();
  status_.initialized_at.clear();
  restarting_all_ = false;
  EmitForPod("Normal", "SandboxChanged", "Pod sandbox changed, it will be killed and re-created.");
  Changed();
}

// With the grace of a stop, as from the kubelet; where the PID namespace is lost nothing is left that could be asked to end.
void PodSupervisor::LeaveSandbox() {
  for (const auto& container : containers_) {
    if (!BeginsAnew(container->plan(), container->status())) {
      if (container->active()) container->Stop(container->OwnGrace());
      continue;
    }
    const StopGrace grace = plan_.infra.pid ? StopGrace{} : container->OwnGrace();
    container->StopToBeginAnew(grace, container->plan().sidecar && grace.time.count() > 0, true);
  }
  ReleaseSidecars();
}

void PodSupervisor::MakeSandboxWhenEnded() {
  if (stopping() || !losing() || infra_pidfd_ || sandbox_command_) return;
  if (std::any_of(containers_.begin(), containers_.end(), [](const auto& c) { return c->active(); })) return;
  if (sandbox_timer_ != 0) return;
  const auto since = common::ParseTime(status_.sandbox_ready_at.empty() ? status_.started_at : status_.sandbox_ready_at);
  const auto lost = common::ParseTime(status_.sandbox_lost_at);
  // Of one that never got ready nothing has run.
  const auto lasted = since && lost && !sandbox_tried_ ? std::chrono::duration_cast<milliseconds>(*lost - *since) : milliseconds(0);
  RestartBackoff backoff(kSandboxBackoff, status_.sandbox_backoff_step);
  const milliseconds delay = backoff.Next(lasted);
  status_.sandbox_backoff_step = backoff.step();
  Changed();
  sandbox_timer_ = loop_->After(delay, [this] {
    sandbox_timer_ = 0;
    if (stopping() || !losing()) return;
    if (const auto made = MakeSandbox(); !made) FailSandbox(made.error().message());
  });
}

Result<> PodSupervisor::MakeSandbox() {
  sandbox_tried_ = true;
  if (!plan_.infra.cgroup.empty()) {
    // One that a killed supervisor has not recorded. Into a group that was killed once, no process can be born on every kernel.
    TRY(cgroups_.KillAll(plan_.infra.cgroup));
    TRY(cgroups_.Remove(plan_.infra.cgroup));
  }
  TRY(RenewSharedMemory(plan_));
  TRY(StartInfra());
  Changed();
  PublishIfChanged();  // the command reads it
  if (!plan_.wait_for_network) {
    loop_->Defer([this] { EnterSandbox(); });
    return {};
  }
  const auto judge = [](common::ExitStatus status, const std::string& output) -> ProbeResult {
    if (status.ok()) return {true, ""};
    const std::string text = FailureText(output);
    return {false, text.empty() ? fmt::format("the command that wires its network ended with code {}", status.ToCode()) : text};
  };
  ASSIGN_OR_RETURN(sandbox_command_, ProgramAttempt::Start(*loop_, {.argv = plan_.sandbox_command}, judge,
                                                           [this](const ProbeResult& result) { OnSandboxWired(result); }));
  return {};
}

void PodSupervisor::OnSandboxWired(const ProbeResult& result) {
  sandbox_command_.reset();
  if (stopping() || !losing()) return;
  if (!result.ok) return FailSandbox(result.message);
  EnterSandbox();
}

void PodSupervisor::FailSandbox(const std::string& message) {
  EmitForPod("Warning", "FailedCreatePodSandBox", "Failed to create pod sandbox: " + SafeText(message, kMostOfAnEvent));
  // The next attempt begins with the end of what there is of this one.
  if (infra_pidfd_) return KillInfra();
  MakeSandboxWhenEnded();
}

void PodSupervisor::EnterSandbox() {
  if (stopping() || !losing() || !infra_pidfd_) return;
  sandbox_tried_ = false;
  trim_when_started_ = true;
  status_.sandbox_lost_at.clear();
  status_.sandbox_ready_at = NowText();
  Changed();
  StartNext();
}

void PodSupervisor::KillInfra() { ::syscall(SYS_pidfd_send_signal, infra_pidfd_.get(), SIGKILL, nullptr, 0); }

}  // namespace skiff::supervisor
