// Engine: removing pods and containers.
#include <algorithm>

#include "common/file.h"
#include "pod/context.h"
#include "pod/control.h"
#include "pod/engine.h"
#include "pod/finder.h"
#include "pod/remover.h"
#include "pod/state/names.h"
#include "pod/status_reader.h"
#include "pod/stopper.h"

namespace skiff::pod {
namespace {

using common::ErrorCode;
using common::MakeError;
using common::Result;

bool IsRunning(const supervisor::ContainerStatus& status) {
  return status.state == "running" || status.state == "waiting";
}

// From a pod that lives on: the supervisor forgets the container first. Its grace period is as long as it says: no kubelet
// has a word for this.
Result<> RemoveFromLivingPod(Context& context, const PodRecord& pod, const ContainerRecord& container,
                             const supervisor::ContainerStatus& status, bool with_volumes) {
  supervisor::ControlRequest request;
  request.container = container.id;
  if (IsRunning(status)) {
    request.op = "stop";
    request.grace_ms = container.spec.stop_timeout_s.value_or(pod.spec.termination_grace_s) * 1000;
    TRY(Ask(context, container.pod_id, request));
  }
  const auto last_seen = LastSeen(context, container);
  request.op = "remove";
  const auto removed = Ask(context, container.pod_id, request);
  if (!removed && removed.error().code() != ErrorCode::kNotFound) return removed.error();
  return RemoveContainerFiles(context, container, with_volumes, last_seen);
}

}  // namespace

Result<> Engine::RemovePod(const std::string& pod_id, bool force, std::optional<int64_t> grace_s, bool as_kubelet) {
  ASSIGN_OR_RETURN(OperationLock lock, OperationLock::Acquire(impl_->Layout(pod_id).lock_file()));
  ASSIGN_OR_RETURN(const auto pod, impl_->store->GetPod(pod_id));
  if (!pod) return lock.RemoveFile();
  if (!force) {
    ASSIGN_OR_RETURN(const auto status, ReadPodStatus(*impl_, pod_id));
    if (std::ranges::any_of(status.containers, IsRunning)) {
      return MakeError(ErrorCode::kBusy, "pod {} has running containers: stop it first (skiff pod stop {}) or use --force",
                       ShownPodName(pod->spec), ShownPodName(pod->spec));
    }
  }
  TRY(StopLockedPod(*impl_, pod_id, grace_s, as_kubelet), "remove pod \"{}\"", ShownPodName(pod->spec));
  return RemoveLockedPod(*impl_, *pod, lock);
}

Result<> Engine::RemoveContainer(const std::string& container_id, bool force, bool with_volumes) {
  ASSIGN_OR_RETURN(const auto found, impl_->store->GetContainer(container_id));
  if (!found) return {};
  ASSIGN_OR_RETURN(OperationLock lock, OperationLock::Acquire(impl_->Layout(found->pod_id).lock_file()));
  ASSIGN_OR_RETURN(const auto container, impl_->store->GetContainer(container_id));
  if (!container) return lock.RemoveFile();  // somebody was faster
  ASSIGN_OR_RETURN(const PodRecord pod, RequirePod(*impl_->store, container->pod_id));
  ASSIGN_OR_RETURN(const auto pod_status, ReadPodStatus(*impl_, pod.id));
  const auto status = StatusOf(pod_status, container->id, container->spec.name);
  if (IsRunning(status) && !force) {
    return MakeError(ErrorCode::kBusy, "container {} is running: stop it first (skiff stop {}) or use --force",
                     container->name, container->name);
  }
  if (pod.spec.implicit) {
    TRY(StopLockedPod(*impl_, pod.id), "remove container \"{}\"", container->name);
    return RemoveLockedPod(*impl_, pod, lock);
  }
  ASSIGN_OR_RETURN(const bool working, IsWorking(*impl_, pod.id));
  TRY(working ? RemoveFromLivingPod(*impl_, pod, *container, status, with_volumes)
              : RemoveContainerFiles(*impl_, *container, with_volumes, LastSeen(*impl_, *container)),
      "remove container \"{}\"", container->name);
  return {};
}

}  // namespace skiff::pod
