// Engine: single containers, through their pods' supervisors.
#include <chrono>
#include <thread>

#include "pod/clean_up.h"
#include "pod/context.h"
#include "pod/control.h"
#include "pod/engine.h"
#include "pod/finder.h"
#include "pod/launch/container_start.h"
#include "pod/launch/launch.h"
#include "pod/status_reader.h"
#include "pod/stopper.h"
#include "pod/supervisor/pod_lock.h"

namespace skiff::pod {
namespace {

constexpr std::chrono::milliseconds kAdoptionPause{20};  // a pod whose reaper was killed is just being taken over

using common::ErrorCode;
using common::MakeError;
using common::Result;

Result<supervisor::ControlReply> AskFor(Context& context, const ContainerRecord& container,
                                        supervisor::ControlRequest request) {
  request.container = container.id;
  auto reply = Ask(context, container.pod_id, request);
  if (!reply && reply.error().code() == ErrorCode::kNotFound) {
    return MakeError(ErrorCode::kBusy, "container {} is not running", container.name);
  }
  return reply;
}

}  // namespace

// Siblings wait for their own start, as with podman; init containers run first as always.
Result<> StartContainerWith(Context& context, const ContainerRecord& container, bool held) {
  ASSIGN_OR_RETURN(OperationLock lock, OperationLock::Acquire(context.Layout(container.pod_id).lock_file()));
  ASSIGN_OR_RETURN(const bool lives,
                   IfWorking(context, container.pod_id, [&] { return StartInLivingPod(context, container, held); }));
  if (lives) return {};
  TRY(CleanUpRun(context, container.pod_id));
  const auto is_held = [&](const ContainerRecord& other) {
    return !other.spec.init && (held || other.id != container.id);
  };
  return Launch(context, {.pod_id = container.pod_id, .held = is_held, .warn = {}}, std::move(lock));
}

Result<> Engine::StartContainer(const std::string& container_id) {
  ASSIGN_OR_RETURN(const ContainerRecord container, RequireContainer(*impl_->store, container_id));
  ASSIGN_OR_RETURN(const auto status, ReadPodStatus(*impl_, container.pod_id));
  const auto state = StatusOf(status, container.id, container.spec.name).state;
  if (state == "running" || state == "waiting") return {};
  return StartContainerWith(*impl_, container, false);
}

Result<> Engine::StopContainer(const std::string& container_id, std::optional<int64_t> grace_s) {
  ASSIGN_OR_RETURN(const ContainerRecord container, RequireContainer(*impl_->store, container_id));
  ASSIGN_OR_RETURN(const PodRecord pod, RequirePod(*impl_->store, container.pod_id));
  // The only container takes the pod with it, its infra process and network too.
  if (pod.spec.implicit) {
    ASSIGN_OR_RETURN(const OperationLock lock, OperationLock::Acquire(impl_->Layout(pod.id).lock_file()));
    if (!grace_s) grace_s = container.spec.stop_timeout_s;
    return StopLockedPod(*impl_, pod.id, grace_s);
  }
  supervisor::ControlRequest request;
  request.op = "stop";
  if (grace_s) request.grace_ms = *grace_s * 1000;
  const auto reply = AskFor(*impl_, container, request);
  if (!reply && reply.error().code() != ErrorCode::kBusy) return reply.error();
  return {};
}

Result<> Engine::KillContainer(const std::string& container_id, int signal) {
  ASSIGN_OR_RETURN(const ContainerRecord container, RequireContainer(*impl_->store, container_id));
  supervisor::ControlRequest request;
  request.op = "kill";
  request.signal = signal;
  TRY(AskFor(*impl_, container, request));
  return {};
}

Result<> Engine::RestartContainer(const std::string& container_id, std::optional<int64_t> grace_s) {
  ASSIGN_OR_RETURN(const ContainerRecord container, RequireContainer(*impl_->store, container_id));
  supervisor::ControlRequest request;
  request.op = "restart";
  if (grace_s) request.grace_ms = *grace_s * 1000;
  const auto reply = AskFor(*impl_, container, request);
  if (reply) return {};
  if (reply.error().code() != ErrorCode::kBusy && reply.error().code() != ErrorCode::kUnavailable) return reply.error();
  return StartContainerWith(*impl_, container, false);
}

Result<bool> Engine::CheckHealth(const std::string& container_id) {
  ASSIGN_OR_RETURN(const ContainerRecord container, RequireContainer(*impl_->store, container_id));
  supervisor::ControlRequest request;
  request.op = "health";
  ASSIGN_OR_RETURN(const auto reply, AskFor(*impl_, container, request));
  return reply.exit_code == 0;
}

Result<int> Engine::WaitContainer(const std::string& container_id) {
  ASSIGN_OR_RETURN(const ContainerRecord container, RequireContainer(*impl_->store, container_id));
  supervisor::ControlRequest request;
  request.op = "wait";
  request.until = "exit";
  request.container = container.id;
  while (true) {
    const auto reply = Ask(*impl_, container.pod_id, request);
    if (reply) return reply->exit_code;
    if (reply.error().code() != ErrorCode::kNotFound && reply.error().code() != ErrorCode::kUnavailable) {
      return reply.error();
    }
    ASSIGN_OR_RETURN(const auto pod, ReadPodStatus(*impl_, container.pod_id));
    const auto status = StatusOf(pod, container.id, container.spec.name);
    if (status.state != "running" && status.state != "waiting") return status.exit_code;
    std::this_thread::sleep_for(kAdoptionPause);
  }
}

}  // namespace skiff::pod
