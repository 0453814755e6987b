#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "common/file.h"
#include "pod/supervisor/mount_namespace.h"
#include "pod/supervisor/pod_mounts.h"
#include "pod/supervisor/pod_supervisor.h"
#include "pod/supervisor/reaper.h"
#include "runtime/infra.h"

namespace skiff::supervisor {

using common::JoinPath;
using common::Result;
using common::UniqueFd;

PodSupervisor::PodSupervisor(PodPlan plan, runtime::Cgroups cgroups, std::unique_ptr<EventLoop> loop)
    : plan_(std::move(plan)),
      cgroups_(std::move(cgroups)),
      loop_(std::move(loop)),
      events_(plan_.state_dir),
      readiness_(*loop_, plan_.readiness_command, plan_.readiness_marker) {
  status_.id = plan_.id;
  status_.supervisor_pid = ::getpid();
}

Result<std::unique_ptr<PodSupervisor>> PodSupervisor::Create(const std::string& run_dir, UniqueFd reaper_link) {
  ASSIGN_OR_RETURN(PodPlan plan, ReadPlan(run_dir));
  ASSIGN_OR_RETURN(auto cgroups, runtime::Cgroups::Detect(plan.cgroup_root));
  ASSIGN_OR_RETURN(auto loop, EventLoop::Create());
  std::unique_ptr<PodSupervisor> supervisor(new PodSupervisor(std::move(plan), std::move(cgroups), std::move(loop)));
  TRY(supervisor->Serve(std::move(reaper_link)));
  return supervisor;
}

Result<> PodSupervisor::Serve(UniqueFd reaper_link) {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGTERM);
  if (::sigprocmask(SIG_BLOCK, &set, nullptr) != 0) return common::ErrnoError("block signals");
  signals_ = UniqueFd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals_) return common::ErrnoError("signalfd");
  TRY(loop_->Watch(signals_.get(), EPOLLIN, [this](uint32_t) { OnTerminate(); }));
  ASSIGN_OR_RETURN(reaper_, ReaperConnection::Open(*loop_, std::move(reaper_link)));
  return reaper_->Serve([this](const ExitRecord& record) { OnExit(record); }, [this] { OnReaperGone(); });
}

Result<> PodSupervisor::ListenForControl() {
  ASSIGN_OR_RETURN(control_, ControlServer::Listen(*loop_, plan_.run_dir,
                                                   [this](const ControlRequest& request, const Connection& connection) {
                                                     OnRequest(request, connection);
                                                   }));
  return {};
}

// The machine goes down: in order, as long as we are let.
void PodSupervisor::OnTerminate() {
  signalfd_siginfo info;
  while (::read(signals_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
  }
  Stop(std::nullopt, "", "");
}

ContainerServices PodSupervisor::Services() { return {*loop_, plan_, cgroups_, *runtime_, events_, network_, *reaper_, *this}; }

Container& PodSupervisor::AddContainer(ContainerPlan plan) {
  containers_.push_back(std::make_unique<Container>(std::move(plan), Services()));
  Changed();
  return *containers_.back();
}

Result<> PodSupervisor::SetUp() {
  TRY(MountPodVolumes(plan_));
  ASSIGN_OR_RETURN(const std::string program, MountRuntime(plan_));
  runtime_.emplace(program, plan_.runtime_root);
  TRY(cgroups_.Create(plan_.cgroup));
  for (const auto& container : plan_.containers) AddContainer(container);
  return StartInfra();
}

Result<> PodSupervisor::StartInfra() {
  runtime::InfraOptions options;
  options.pause_program = plan_.infra.pause_program;
  options.hostname = plan_.infra.hostname;
  options.net = plan_.infra.net;
  options.ipc = plan_.infra.ipc;
  options.uts = plan_.infra.uts;
  options.pid = plan_.infra.pid;
  options.net_path = plan_.infra.net_path;
  options.sysctls = plan_.infra.sysctls;
  ASSIGN_OR_RETURN(const UniqueFd mounts, OwnMountNamespace());
  options.kept_fd = mounts.get();
  runtime::Cgroups::Entrance entrance;
  if (!plan_.infra.cgroup.empty()) {
    TRY(cgroups_.CreateForProcesses(plan_.infra.cgroup));
    ASSIGN_OR_RETURN(entrance, cgroups_.OpenEntrance(plan_.infra.cgroup));
    options.cgroup = &entrance;
  }
  ASSIGN_OR_RETURN(runtime::Infra infra, runtime::StartInfra(options));
  infra_is_child_ = true;
  status_.infra_pid = infra.pid;
  ASSIGN_OR_RETURN(status_.infra_start_time, common::ProcessStartTime(infra.pid));
  TRY(WatchInfra(std::move(infra.pidfd)));
  const std::string link = JoinPath(plan_.run_dir, kNamespaces);
  TRY(common::RemoveFile(link));
  if (::symlink(fmt::format("/proc/{}/ns", infra.pid).c_str(), link.c_str()) != 0)
    return common::ErrnoError("create {}", link);
  return {};
}

Result<> PodSupervisor::WatchInfra(UniqueFd pidfd) {
  infra_pidfd_ = std::move(pidfd);
  // First of all: of one that has ended already, the rest fails.
  TRY(loop_->Watch(infra_pidfd_.get(), EPOLLIN, [this](uint32_t) { OnInfraEnded(); }));
  ASSIGN_OR_RETURN(network_, NetworkNamespace::Of(static_cast<pid_t>(status_.infra_pid)));
  return {};
}

Result<> PodSupervisor::Launch(UniqueFd launch_channel) {
  ASSIGN_OR_RETURN(launch_, LaunchChannel::Open(
                                *loop_, std::move(launch_channel), [this] { OnNetworkReady(); },
                                [this] { OnLauncherGone(); }));
  Changed();
  auto set_up = TakeRelays();
  if (set_up) set_up = SetUp();
  if (set_up) set_up = ListenForControl();
  if (!set_up) {
    FailLaunch("", set_up.error());
    return {};
  }
  PublishIfChanged();
  LaunchEvent event;
  event.event = "infra-ready";
  event.pid = status_.infra_pid;
  launch_->Send(event);
  if (!plan_.wait_for_network) BeginContainers();
  return {};
}

Result<> PodSupervisor::Run() {
  return loop_->Run([this] {
    ClaimExits();
    PublishIfChanged();
    AnswerWaiters();
  });
}

}  // namespace skiff::supervisor
