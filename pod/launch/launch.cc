#include "pod/launch/launch.h"

#include <sys/stat.h>
#include <unistd.h>

#include "common/background.h"
#include "common/file.h"
#include "common/json_fields.h"
#include "pod/clean_up.h"
#include "pod/finder.h"
#include "pod/launch/bundle.h"
#include "pod/launch/container_mounts.h"
#include "pod/launch/resource_limits.h"
#include "pod/launch/undo_stack.h"
#include "pod/launch/waiting.h"
#include "pod/network/name_texts.h"
#include "pod/network/pod_dns.h"
#include "pod/network/pod_network.h"
#include "pod/network/service_files.h"
#include "pod/state/names.h"
#include "pod/supervisor/event_log.h"
#include "pod/supervisor/launcher.h"
#include "pod/supervisor/pod_lock.h"
#include "pod/volume/volume_setup.h"
#include "runtime/cgroup.h"

namespace skiff::pod {
namespace {

using common::ErrorCode;
using common::MakeError;
using common::Result;

constexpr std::chrono::seconds kInfraTimeout{60};
constexpr std::chrono::milliseconds kLookForLeave{100};
constexpr int64_t kKubeletsLeastGraceMs = 2000;

bool NeedsHostAddresses(const PodSpec& pod) {
  const auto needs = [&pod](const std::vector<ContainerSpec>& containers) {
    for (const ContainerSpec& container : containers) {
      const bool probed = container.startup_probe || container.liveness_probe || container.readiness_probe;
      if (probed && pod.network.mode == NetworkSpec::Mode::kHost) return true;
      for (const EnvVar& variable : container.env) {
        if (variable.source == EnvVar::Source::kHostIp || variable.source == EnvVar::Source::kHostIps) return true;
      }
    }
    return false;
  };
  return needs(pod.containers) || needs(pod.init_containers);
}

// One start; the steps are in the order of Run.
class LaunchRun {
 public:
  LaunchRun(Context& context, const LaunchRequest& request, OperationLock lock)
      : context_(context), request_(request), layout_(context.Layout(request.pod_id)), lock_(std::move(lock)) {}

  Result<> Run() {
    auto done = Steps();
    if (done) {
      undo_.Dismiss();
      return {};
    }
    EndBackground();
    if (!lock_) {
      auto lock = OperationLock::Acquire(layout_.lock_file());
      if (!lock) return std::move(done).error().AlsoFailed(lock.error());
      lock_ = std::move(*lock);
      // Another command may have removed or started the pod since the failure: then nothing of this start is left.
      const auto alive = supervisor::PodIsAlive(layout_.run_dir());
      if (alive && *alive && ended_) undo_.Dismiss();
    }
    return undo_.Fail(std::move(done).error());
  }

 private:
  Result<> Steps() {
    ASSIGN_OR_RETURN(pod_, RequireWholePod(*context_.store, request_.pod_id, containers_));
    if (containers_.empty() && pod_.spec.implicit) return MakeError(ErrorCode::kNotFound, "its container has been removed");
    TRY(ResolveWaiting(context_, pod_, containers_));
    TRY(MakeDirectories());
    ASSIGN_OR_RETURN(network_, PodNetwork::Prepare(context_, pod_.id, pod_.spec));
    TRY(WriteNameFiles());
    ASSIGN_OR_RETURN(volumes_, PrepareVolumes(context_, pod_.id, pod_.spec));
    TRY(MakeCgroups());
    TRY(WritePlan());
    RecordEvents();
    if (network_.own_namespace()) host_side_.emplace([this] { return network_.PrepareHost(context_, pod_.id); });
    TRY(Spawn());
    if (network_.own_namespace()) TRY(WireNetwork());
    lock_.reset();
    return AwaitContainers();
  }

  Result<> MakeDirectories() {
    TRY(common::MakeDirectories(layout_.state_dir(), 0711));
    // The last word of an earlier run comes back when this one fails.
    const std::string final_file = layout_.state_dir() + "/" + supervisor::kFinalFile;
    const auto before = common::ReadFile(final_file);
    undo_.Push([before, final_file]() -> Result<> {
      if (before) return common::WriteFileAtomic(final_file, *before);
      return common::RemoveFile(final_file);
    });
    undo_.Push([this] { return CleanUpRun(context_, pod_.id); });
    TRY(common::WriteFile(layout_.StartedMarker(), ""));
    TRY(common::MakeDirectories(layout_.run_dir(), 0711));
    return common::MakeDirectories(layout_.Shm());
  }

  // What the scheduler and the kubelet would say before the first container is created. Nothing depends on it.
  void RecordEvents() const {
    if (!pod_.spec.from_kube) return;
    const supervisor::EventLog log(layout_.state_dir());
    if (!common::PathExists(layout_.state_dir() + "/" + supervisor::kEventsFile))
      (void)log.Append({.reason = "Scheduled", .message = fmt::format("Successfully assigned {}/{} to {}",
                        pod_.spec.kube_namespace, pod_.spec.name, HostHostname())});
    for (const std::string& omission : omissions_)
      (void)log.Append({.type = "Warning", .reason = "DNSConfigForming", .message = omission});
    for (const ContainerRecord& container : containers_)
      (void)log.Append({.reason = "Pulled", .message = fmt::format("Container image \"{}\" already present on machine",
                        container.spec.image), .object = container.spec.name});
  }

  bool HostNetwork() const { return pod_.spec.network.mode == NetworkSpec::Mode::kHost; }

  std::string Hostname() const { return PodHostname(pod_.spec); }

  Result<> WriteNameFiles() {
    ASSIGN_OR_RETURN(const NameTexts texts, RenderNameTexts(context_, pod_, containers_, network_.leases()));
    TRY(common::WriteFile(layout_.Hosts(), texts.hosts));
    TRY(common::WriteFile(layout_.ResolvConf(), texts.resolv_conf));
    TRY(common::WriteFile(layout_.Hostname(), Hostname() + "\n"));
    omissions_ = texts.omissions;
    return common::WriteFile(layout_.ContainerMarker(), "");
  }

  Result<> MakeCgroups() {
    ASSIGN_OR_RETURN(const auto cgroups, runtime::Cgroups::Detect(context_.paths.cgroup_root, context_.paths.proc_root));
    TRY(cgroups.Create(layout_.cgroup()), "cgroup of the pod");
    cgroup_support_ = cgroups.Support(layout_.cgroup());
    return cgroups.SetLimits(layout_.cgroup(), ToOciResources(pod_.spec.resources, cgroup_support_));
  }

  // After a reboot the Services are there and nothing has been done for them yet.
  Result<> MarkStoredServices() {
    if (!pod_.spec.from_kube || common::PathExists(ServicesMarker(context_.paths))) return {};
    ASSIGN_OR_RETURN(const auto services, context_.store->Objects("Service"));
    return services.empty() ? Result<>() : MarkServices(context_.paths);
  }

  Result<> WritePlan() {
    TRY(MarkStoredServices());
    supervisor::PodPlan plan = BasePlan();
    PodSetting setting{.pod_id = pod_.id,
                       .pod = pod_.spec,
                       .late = {.hostname = Hostname(), .pod_ips = network_.addresses()},
                       .volume_sources = volumes_.sources,
                       .cgroups = cgroup_support_};
    if (pod_.spec.service_links) {
      setting.late.services = ReadServiceVariables(context_.paths, pod_.spec.kube_namespace);
    }
    if (NeedsHostAddresses(pod_.spec)) {
      // What a pod on the host's network is asked at for its life must not go with other pods.
      const auto bridges = HostNetwork() ? network::Network::OwnBridges::kNever : network::Network::OwnBridges::kLast;
      ASSIGN_OR_RETURN(setting.late.host_ips, context_.network.HostAddresses(bridges));
      if (HostNetwork()) setting.late.pod_ips = setting.late.host_ips;
    }
    if (!setting.late.pod_ips.empty()) plan.address = setting.late.pod_ips.front();
    for (const ContainerRecord& container : containers_) {
      ASSIGN_OR_RETURN(auto container_plan, WriteBundle(context_, setting, container));
      container_plan.held = request_.held && request_.held(container);
      plan.shared_propagation = plan.shared_propagation || SharesMounts(container.spec);
      plan.containers.push_back(std::move(container_plan));
    }
    return common::WriteFileAtomic(layout_.run_dir() + "/" + supervisor::kPlanFile, common::EncodeJson(plan), 0600);
  }

  supervisor::PodPlan BasePlan() const {
    const PodSpec& spec = pod_.spec;
    supervisor::PodPlan plan;
    plan.id = pod_.id;
    plan.name = spec.name;
    plan.kube_namespace = spec.kube_namespace;
    plan.uid = spec.uid;
    plan.run_dir = layout_.run_dir();
    plan.state_dir = layout_.state_dir();
    plan.runtime = context_.runtime;
    plan.runtime_root = context_.paths.RuntimeRoot();
    plan.cgroup_root = context_.paths.cgroup_root;
    plan.cgroup = layout_.cgroup();
    plan.reaper_program = context_.paths.Program("skiff-reaper");
    plan.supervisor_program = context_.paths.Program("skiff-supervisor");
    plan.relays_inside = context_.paths.rootless && network_.own_namespace();
    plan.probe_program = context_.paths.Program("skiff-probe");
    plan.supervisor_cgroup = layout_.supervisor_cgroup();
    plan.infra = {.hostname = Hostname(),
                  .net = network_.own_namespace(),
                  .ipc = !spec.host_ipc,
                  .uts = true,
                  .pid = spec.share_pid,
                  .net_path = network_.join_path(),
                  .sysctls = spec.sysctls,
                  .cgroup = layout_.cgroup() + "/infra",
                  .pause_program = context_.paths.Program("skiff-pause")};
    // As podman does it for its containers, which have no CAP_NET_RAW: `ping` works all the same.
    // Where /proc/sys is read-only it has to do without.
    const bool writable = ::access((context_.paths.proc_root + "/sys/net/ipv4/ping_group_range").c_str(), W_OK) == 0;
    if (!spec.from_kube && network_.own_namespace() && writable) plan.infra.sysctls.emplace("net.ipv4.ping_group_range", "0 0");
    plan.wait_for_network = network_.own_namespace();
    plan.shm_dir = spec.host_ipc ? "" : layout_.Shm();
    plan.shm_size = spec.shm_size;
    plan.tmpfs = volumes_.tmpfs;
    plan.exit_with_containers = spec.exit_when_containers_exit || spec.implicit;
    plan.active_deadline_s = spec.active_deadline_s.value_or(0);
    if (spec.from_kube) plan.least_grace_ms = kKubeletsLeastGraceMs;
    // podman leaves a pod without its infra process alone.
    if (spec.from_kube) plan.restart_policy = std::string(EnumName(spec.restart_policy));
    if (const auto self = common::ReadLink(context_.paths.proc_root + "/self/exe")) {
      plan.exit_command = {*self, kCleanUpPodCommand, pod_.id};
      // Only pods from YAML are endpoints of Services.
      if (spec.from_kube) {
        plan.sandbox_command = {*self, kWireSandboxCommand, pod_.id};
        plan.readiness_command = {*self, kFollowPodsCommand};
        plan.readiness_marker = ServicesMarker(context_.paths);
      }
    }
    return plan;
  }

  Result<> Spawn() {
    ASSIGN_OR_RETURN(const common::FileLock pod_lock, supervisor::TakePodLock(layout_.run_dir()));
    auto launcher = supervisor::Launcher::Start({.reaper_program = context_.paths.Program("skiff-reaper"),
                                                 .run_dir = layout_.run_dir(),
                                                 .kept = network_.port_sockets()}, pod_lock);
    if (!launcher) return std::move(launcher).error().Wrap("start the pod's supervisor");
    launcher_ = std::move(*launcher);
    undo_.Push([this]() -> Result<> {
      launcher_.reset();  // closing the channel makes the supervisor take the pod down
      return AwaitReaper(context_, pod_.id);
    });
    ASSIGN_OR_RETURN(infra_, launcher_->ReadEvent(kInfraTimeout));
    if (infra_.event == "failed") return supervisor::LaunchError(infra_);
    return {};
  }

  // The name server listens on the bridge's address, and a container's first question must find it.
  Result<> WireNetwork() {
    TRY(host_side_->Take(), "network");
    names_.emplace([this]() -> Result<> {
      if (pod_.spec.network.mode != NetworkSpec::Mode::kBridge) return {};
      return RegisterNames(context_, pod_, containers_, network_.leases());
    });
    TRY(network_.Attach(context_, static_cast<int>(infra_.pid)), "network");
    TRY(names_->Take());
    return launcher_->SendNetworkReady();
  }

  // Undoing needs what they hold.
  void EndBackground() {
    host_side_.reset();
    names_.reset();
    network_ = {};
  }

  // kTimeout: nobody wants to wait any more. The supervisor goes on without us.
  Result<supervisor::LaunchEvent> ReadLastEvent() {
    if (!context_.leave_starts) return launcher_->ReadEvent();
    for (;;) {
      auto event = launcher_->ReadEvent(kLookForLeave);
      if (event || event.error().code() != ErrorCode::kTimeout || context_.leave_starts()) return event;
    }
  }

  // Init containers may take their time: no lock is held.
  Result<> AwaitContainers() {
    auto event = ReadLastEvent();
    if (!event && event.error().code() == ErrorCode::kTimeout) return {};
    if (!event) {
      ended_ = true;
      return std::move(event).error();
    }
    if (event->event == "init-failed") {
      if (request_.warn) {
        request_.warn(fmt::format("init container \"{}\" ended with exit code {}{}{}", event->container,
                                  event->exit_code, event->message.empty() ? "" : ": ", event->message));
      }
      return {};
    }
    if (event->event == "running") {
      if (!event->container.empty() && request_.warn)
        request_.warn(fmt::format("the postStart hook of container \"{}\" has not ended yet; what is behind the container is "
                                  "started after it", event->container));
      context_.seccomp.TryKeepFilters();
      return {};
    }
    ended_ = true;
    return supervisor::LaunchError(*event);
  }

  Context& context_;
  const LaunchRequest& request_;
  const PodLayout layout_;
  std::optional<OperationLock> lock_;
  PodRecord pod_;
  std::vector<ContainerRecord> containers_;
  PodNetwork network_;
  std::vector<std::string> omissions_;  // of resolv.conf
  PreparedVolumes volumes_;
  runtime::CgroupSupport cgroup_support_;
  std::optional<supervisor::Launcher> launcher_;
  supervisor::LaunchEvent infra_;
  std::optional<common::Background<>> host_side_, names_;  // what the kernel makes wait, beside the start of the supervisor
  bool ended_ = false;  // the supervisor has taken the pod down by itself
  UndoStack undo_;      // last: its steps use the other members
};

}  // namespace

Result<> Launch(Context& context, const LaunchRequest& request, OperationLock lock) {
  return LaunchRun(context, request, std::move(lock)).Run();
}

}  // namespace skiff::pod
