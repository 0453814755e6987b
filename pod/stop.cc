// Engine: stopping and killing pods, and what happens after their end.
#include "common/file.h"
#include "pod/clean_up.h"
#include "pod/context.h"
#include "pod/control.h"
#include "pod/engine.h"
#include "pod/finder.h"
#include "pod/network/pod_dns.h"
#include "pod/remover.h"
#include "pod/status_reader.h"
#include "pod/stopper.h"
#include "pod/supervisor/pod_lock.h"

namespace skiff::pod {
namespace {

using common::ErrorCode;
using common::Result;

// A supervisor that goes away under a request has done what "stop" wants.
bool HasEnded(const common::Error& error) {
  return error.code() == ErrorCode::kNotFound || error.code() == ErrorCode::kUnavailable;
}

}  // namespace

Result<> StopLockedPod(Context& context, const std::string& pod_id, std::optional<int64_t> grace_s, bool as_kubelet) {
  const PodLayout layout = context.Layout(pod_id);
  ASSIGN_OR_RETURN(const bool alive, supervisor::PodIsAlive(layout.run_dir()));
  if (alive) {
    supervisor::ControlRequest request;
    request.op = "stop";
    if (grace_s) request.grace_ms = *grace_s * 1000;
    request.keep_least = as_kubelet;
    if (const auto reply = Ask(context, pod_id, request); !reply && !HasEnded(reply.error())) return reply.error();
    TRY(AwaitReaper(context, pod_id));
  }
  return CleanUpRun(context, pod_id);
}

Result<> Engine::StopPod(const std::string& pod_id, std::optional<int64_t> grace_s) {
  ASSIGN_OR_RETURN(const OperationLock lock, OperationLock::Acquire(impl_->Layout(pod_id).lock_file()));
  TRY(RequirePod(*impl_->store, pod_id));
  return StopLockedPod(*impl_, pod_id, grace_s);
}

Result<> Engine::KillPod(const std::string& pod_id, int signal) {
  ASSIGN_OR_RETURN(const auto status, ReadPodStatus(*impl_, pod_id));
  for (const supervisor::ContainerStatus& container : status.containers) {
    if (container.state != "running") continue;
    supervisor::ControlRequest request;
    request.op = "kill";
    request.container = container.id;
    request.signal = signal;
    if (const auto reply = Ask(*impl_, pod_id, request); !reply && !HasEnded(reply.error())) return reply.error();
  }
  return {};
}

// The reaper that calls this still lives, and holds the pod's mounts until we return.
Result<> Engine::CleanUpEndedPod(const std::string& pod_id) {
  const PodLayout layout = impl_->Layout(pod_id);
  ASSIGN_OR_RETURN(auto lock, OperationLock::TryAcquire(layout.lock_file()));
  if (!lock) return {};  // whoever starts, stops or removes the pod cleans up itself
  ASSIGN_OR_RETURN(const auto record, impl_->store->GetPod(pod_id));
  if (!record) return lock->RemoveFile();
  TRY(ForgetNames(*impl_, pod_id));
  TRY(EndUnusedNameServers(*impl_));
  TRY(impl_->network.Detach(pod_id));
  return RemoveEndedContainers(*impl_, *record, *lock);
}

}  // namespace skiff::pod
