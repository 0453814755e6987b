#include "pod/launch/bundle.h"

#include <signal.h>

#include <algorithm>

#include "common/file.h"
#include "pod/exec/exec_lookup.h"
#include "pod/launch/container_mounts.h"
#include "pod/launch/devices.h"
#include "pod/launch/image_content.h"
#include "pod/launch/resource_limits.h"
#include "pod/signal_names.h"
#include "pod/supervisor/protocol.h"
#include "runtime/capabilities.h"

namespace skiff::pod {
namespace {

using common::Result;

constexpr int64_t kDefaultPidsLimit = 2048;  // podman's; Kubernetes sets none by itself

class BundleWriter {
 public:
  BundleWriter(Context& context, const PodSetting& setting, const ContainerRecord& container)
      : context_(context),
        setting_(setting),
        container_(container),
        spec_(container.spec),
        layout_(context.Layout(setting.pod_id)) {}

  Result<supervisor::ContainerPlan> Write() {
    ASSIGN_OR_RETURN(image_, context_.image_cache.Find(container_.image_id));
    TRY(common::MakeDirectories(layout_.Rootfs(container_.id), 0755));
    TRY(SetUser());
    TRY(SetSecurity());
    SetProcess();
    SetNamespaces();
    TRY(SetLimits());
    ASSIGN_OR_RETURN(ContainerMounts mounts, BuildMounts({.pod = setting_.pod,
                                                          .container = container_,
                                                          .image = *image_,
                                                          .layout = layout_,
                                                          .volume_sources = setting_.volume_sources}));
    input_.mounts = std::move(mounts.mounts);
    TRY(CheckWorkingDir());
    input_.rootfs_propagation = mounts.rootfs_propagation;
    input_.root_path = layout_.Rootfs(container_.id);
    input_.read_only_root = spec_.security.read_only_root;
    input_.cgroups_path = setting_.cgroups.base + layout_.ContainerCgroup(container_.id);
    input_.annotations = Annotations();
    ASSIGN_OR_RETURN(const std::string config, runtime::WriteOciConfig(input_));
    TRY(common::WriteFile(layout_.Bundle(container_.id) + "/config.json", config, 0600));
    return Plan(std::move(mounts.sub_paths));
  }

 private:
  Result<> SetUser() {
    ASSIGN_OR_RETURN(const runtime::ResolvedUser user, context_.image_cache.FindUser(*image_, spec_.security));
    input_.uid = user.uid;
    input_.gid = user.gid;
    input_.additional_gids = user.additional_gids;
    for (const int64_t group : spec_.security.supplemental_groups) {
      const auto gid = static_cast<uint32_t>(group);
      if (std::ranges::find(input_.additional_gids, gid) == input_.additional_gids.end()) {
        input_.additional_gids.push_back(gid);
      }
    }
    home_ = user.home;
    return {};
  }

  Result<> SetSecurity() {
    const SecurityContext& security = spec_.security;
    const auto base = security.privileged ? runtime::AllCapabilities() : runtime::DefaultCapabilities(setting_.pod.from_kube);
    ASSIGN_OR_RETURN(input_.capabilities,
                     runtime::ComputeCapabilities(base, security.capabilities_add, security.capabilities_drop));
    // Kubernetes gives other users than root no ambient capabilities, podman those that were asked for.
    if (!setting_.pod.from_kube) {
      ASSIGN_OR_RETURN(input_.ambient_capabilities, runtime::ComputeCapabilities({}, security.capabilities_add, {}));
    }
    input_.privileged = security.privileged;
    input_.unmasked_proc = security.unmasked_proc;
    input_.no_new_privileges = security.no_new_privileges;
    input_.selinux_label = security.selinux_label;
    input_.apparmor_profile = security.apparmor_profile;
    if (security.privileged) return {};
    ASSIGN_OR_RETURN(input_.seccomp_json, context_.seccomp.Resolve(security.seccomp, input_.capabilities));
    input_.seccomp_filter = context_.seccomp.Filter(container_.id, input_.seccomp_json);
    return {};
  }

  void SetProcess() {
    LateValues late = setting_.late;
    late.home = home_;
    const auto& config = image_->image.config;
    const Environment environment = BuildEnvironment(spec_, config, late);
    input_.env = environment.variables;
    if (!setting_.pod.from_kube) input_.env.push_back("container=skiff");
    input_.args = container_.command;
    if (spec_.expand_args) input_.args = ExpandCommand(std::move(input_.args), environment);
    if (spec_.init_process) input_.args.insert(input_.args.begin(), {"/run/podman-init", "--"});
    input_.cwd = !spec_.working_dir.empty() ? spec_.working_dir : !config.working_dir.empty() ? config.working_dir : "/";
    input_.terminal = spec_.tty;
    input_.oom_score_adj = spec_.oom_score_adj;
  }

  // As podman does: a folder that somebody asked for has to be there; the kubelet leaves it to the runtime, which makes it.
  // What is below a mount is not looked at.
  Result<> CheckWorkingDir() {
    if (setting_.pod.from_kube || spec_.working_dir.empty()) return {};
    std::vector<std::string> mounted = {"/proc", "/dev", "/sys"};
    for (const runtime::OciMount& mount : input_.mounts) mounted.push_back(mount.destination);
    if (IsAtOrBelow(spec_.working_dir, mounted)) return {};
    std::vector<std::string> layers = image_->lower_dirs;
    const std::string written = layout_.Writable(container_.id) + "/upper";
    if (common::PathExists(written)) layers.insert(layers.begin(), written);
    if (layers.empty()) return {};
    return WithMergedLayers(layers, [this](int root) -> Result<> {
      if (pod::CheckWorkingDir(fmt::format("/proc/self/fd/{}", root), spec_.working_dir)) return {};
      return common::MakeError(common::ErrorCode::kInvalid,
                               "the image has no folder \"{}\" to work in: make it there, or give another --workdir",
                               spec_.working_dir);
    });
  }

  void SetNamespaces() {
    const PodSpec& pod = setting_.pod;
    const auto join = [&](const char* type, const char* file) {
      input_.namespaces.push_back({type, layout_.run_dir() + "/" + supervisor::kNamespaces + "/" + file});
    };
    if (pod.network.mode != NetworkSpec::Mode::kHost) join("network", "net");
    if (!pod.host_ipc) join("ipc", "ipc");
    join("uts", "uts");
    if (pod.share_pid) join("pid", "pid");
    else if (!pod.host_pid) input_.namespaces.push_back({"pid", ""});
    input_.namespaces.push_back({"mount", ""});
    if (setting_.cgroups.unified) input_.namespaces.push_back({"cgroup", ""});
  }

  Result<> SetLimits() {
    input_.resources = ToOciResources(spec_.resources, setting_.cgroups);
    if (!setting_.pod.from_kube && !spec_.resources.pids_limit && setting_.cgroups.pids)
      input_.resources.pids_limit = kDefaultPidsLimit;
    if (input_.resources.pids_limit && *input_.resources.pids_limit <= 0) input_.resources.pids_limit.reset();
    ASSIGN_OR_RETURN(input_.rlimits, ToOciRlimits(spec_.ulimits));
    for (const std::string& device : spec_.devices) {
      ASSIGN_OR_RETURN(const auto nodes, ResolveDevice(device));
      input_.devices.insert(input_.devices.end(), nodes.begin(), nodes.end());
    }
    return {};
  }

  std::map<std::string, std::string> Annotations() const {
    std::map<std::string, std::string> annotations = setting_.pod.annotations;
    for (const auto& [name, value] : spec_.annotations) annotations[name] = value;
    return annotations;
  }

  supervisor::ContainerPlan Plan(std::vector<supervisor::SubPath> sub_paths) const {
    const std::string& signal = spec_.stop_signal.empty() ? image_->image.config.stop_signal : spec_.stop_signal;
    return {
        .id = container_.id,
        .name = spec_.name,
        .bundle = layout_.Bundle(container_.id),
        .rootfs = layout_.Rootfs(container_.id),
        .lower_dirs = image_->lower_dirs,
        .writable_dir = layout_.Writable(container_.id),
        .persist_writable = !setting_.pod.from_kube,
        .log_dir = spec_.log_driver == "none" ? "" : layout_.Logs(container_.id),
        .restart = std::string(EnumName(spec_.restart_policy.value_or(setting_.pod.restart_policy))),
        .max_retries = spec_.max_retries,
        .restart_rules = spec_.restart_rules,
        .init = spec_.init,
        .sidecar = spec_.sidecar,
        .stop_signal = ParseSignal(signal).value_or(SIGTERM),
        .grace_ms = spec_.stop_timeout_s.value_or(setting_.pod.termination_grace_s) * 1000,
        .tty = spec_.tty,
        .stdin = spec_.stdin,
        .stdin_once = spec_.stdin_once,
        .auto_remove = spec_.auto_remove,
        .cgroup = layout_.ContainerCgroup(container_.id),
        .sub_paths = std::move(sub_paths),
        .termination_message_file =
            spec_.termination_message_path.empty() ? "" : layout_.TerminationLog(container_.id),
        .message_from_log = spec_.termination_message_from_log,
        .startup_probe = spec_.startup_probe,
        .liveness_probe = spec_.liveness_probe,
        .readiness_probe = spec_.readiness_probe,
        .post_start = spec_.post_start,
        .pre_stop = spec_.pre_stop,
        .health = spec_.health,
    };
  }

  Context& context_;
  const PodSetting& setting_;
  const ContainerRecord& container_;
  const ContainerSpec& spec_;
  const PodLayout layout_;
  std::shared_ptr<const LocalImage> image_;
  std::string home_;
  runtime::OciInput input_;
};

}  // namespace

Result<supervisor::ContainerPlan> WriteBundle(Context& context, const PodSetting& setting,
                                              const ContainerRecord& container) {
  auto plan = BundleWriter(context, setting, container).Write();
  if (!plan) return std::move(plan).error().Wrap("container \"" + container.spec.name + "\"");
  return plan;
}

}  // namespace skiff::pod
