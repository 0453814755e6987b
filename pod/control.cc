#include "pod/control.h"

#include <algorithm>

#include "pod/clean_up.h"
#include "pod/finder.h"
#include "pod/launch/bundle.h"
#include "pod/state/lease_file.h"
#include "pod/status_reader.h"
#include "pod/supervisor/control_client.h"
#include "pod/supervisor/pod_lock.h"
#include "pod/volume/volume_setup.h"
#include "runtime/cgroup.h"

namespace skiff::pod {
namespace {

using common::ErrorCode;
using common::MakeError;
using common::Result;

// The part of the pod that concerns a joining container; what needs a mount by the supervisor cannot come later.
Result<PodSpec> PodFor(const PodSpec& pod, const ContainerSpec& container) {
  PodSpec reduced = pod;
  std::erase_if(reduced.volumes, [&](const Volume& volume) {
    return std::ranges::find(container.mounts, volume.name, &VolumeMount::volume) == container.mounts.end();
  });
  return reduced;
}

Result<supervisor::ContainerPlan> PlanForLivingPod(Context& context, const ContainerRecord& container) {
  std::vector<ContainerRecord> siblings;
  ASSIGN_OR_RETURN(const PodRecord pod, RequireWholePod(*context.store, container.pod_id, siblings));
  ASSIGN_OR_RETURN(const PodSpec reduced, PodFor(pod.spec, container.spec));
  ASSIGN_OR_RETURN(PreparedVolumes volumes, PrepareVolumes(context, pod.id, reduced));
  ASSIGN_OR_RETURN(const auto leases, ReadLeases(context.Layout(pod.id).Leases()));
  ASSIGN_OR_RETURN(const auto cgroups, runtime::Cgroups::Detect(context.paths.cgroup_root, context.paths.proc_root));
  PodSetting setting{.pod_id = pod.id,
                     .pod = pod.spec,
                     .late = {.hostname = pod.spec.hostname, .pod_ips = PodAddresses(leases)},
                     .volume_sources = std::move(volumes.sources),
                     .cgroups = cgroups.Support(context.Layout(pod.id).cgroup())};
  return WriteBundle(context, setting, container);
}

}  // namespace

Result<supervisor::ControlReply> Ask(const Context& context, const std::string& pod_id,
                                     const supervisor::ControlRequest& request) {
  ASSIGN_OR_RETURN(auto client, supervisor::ControlClient::Connect(context.Layout(pod_id).run_dir()));
  return client.Call(request);
}

Result<bool> IsWorking(const Context& context, const std::string& pod_id) {
  const PodLayout layout = context.Layout(pod_id);
  ASSIGN_OR_RETURN(const bool alive, supervisor::PodIsAlive(layout.run_dir()));
  if (!alive) return false;
  ASSIGN_OR_RETURN(const auto status, ReadPodStatus(context, pod_id));
  if (status.state != "exited" && status.state != "stopping") return true;
  TRY(AwaitReaper(context, pod_id));
  return false;
}

Result<bool> IfWorking(const Context& context, const std::string& pod_id, const std::function<Result<>()>& request) {
  ASSIGN_OR_RETURN(const bool working, IsWorking(context, pod_id));
  if (!working) return false;
  const auto done = request();
  if (done) return true;
  const ErrorCode code = done.error().code();
  // The supervisor is on its way out, for example because the command that launched it was killed.
  if (code != ErrorCode::kBusy && code != ErrorCode::kUnavailable && code != ErrorCode::kNotFound) return done.error();
  TRY(AwaitReaper(context, pod_id));
  return false;
}

Result<> StartInLivingPod(Context& context, const ContainerRecord& container, bool held) {
  ASSIGN_OR_RETURN(const auto status, ReadPodStatus(context, container.pod_id));
  const bool known = std::ranges::any_of(status.containers, [&](const auto& c) { return c.id == container.id; });
  supervisor::ControlRequest request;
  request.container = container.id;
  if (known) {
    if (held) return {};
    request.op = "start";
  } else {
    request.op = "add";
    ASSIGN_OR_RETURN(request.plan, PlanForLivingPod(context, container));
    request.plan->held = held;
  }
  TRY(Ask(context, container.pod_id, request));
  return {};
}

}  // namespace skiff::pod
