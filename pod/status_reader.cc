#include "pod/status_reader.h"

#include <optional>

#include "common/clock.h"
#include "common/file.h"
#include "common/process.h"
#include "pod/engine.h"
#include "pod/supervisor/adoption.h"
#include "pod/supervisor/pod_lock.h"
#include "pod/supervisor/protocol.h"
#include "pod/supervisor/sandbox_policy.h"

namespace skiff::pod {
namespace {

using common::ErrorCode;
using common::Result;
using supervisor::ContainerStatus;
using supervisor::kUnseenExitCode;
using supervisor::kUnseenReason;
using supervisor::PodStatus;

constexpr char kLost[] = "its supervisor ended without a last word (it was killed, or the machine was restarted)";

Result<std::optional<PodStatus>> ReadStatusFile(const std::string& path) {
  const auto text = common::ReadFile(path);
  if (!text && text.error().code() == ErrorCode::kNotFound) return std::optional<PodStatus>();
  if (!text) return text.error();
  ASSIGN_OR_RETURN(PodStatus status, common::DecodeJson<PodStatus>(*text, path));
  return std::optional<PodStatus>(std::move(status));
}

void MarkLost(ContainerStatus& container) {
  container.state = "exited";
  container.reason = kUnseenReason;
  container.message = kLost;
  container.exit_code = kUnseenExitCode;
  container.pid = 0;
  container.started = false;
  container.ready = false;
}

void MarkLost(PodStatus& status) {
  status.state = "exited";
  status.reason = kUnseenReason;
  status.message = kLost;
  status.infra_pid = 0;
  status.supervisor_pid = 0;
  status.ready = false;
  for (ContainerStatus& container : status.containers) {
    if (container.state == "exited" || container.state == "created") continue;
    MarkLost(container);
    container.final = true;
  }
}

// Its reaper was killed.
void MarkOrphaned(const Context& context, const PodLayout& layout, PodStatus& status) {
  const auto plan = supervisor::ReadPlan(layout.run_dir());
  if (!plan || !supervisor::CanBeAdopted(*plan, status)) return MarkLost(status);
  context.background.StartOnce(kAdoptPodsCommand);
  for (ContainerStatus& container : status.containers) {
    const auto lives = common::ProcessLives(static_cast<pid_t>(container.pid), container.pid_start_time);
    if (container.state == "running" && lives && !*lives) MarkLost(container);
  }
}

// Without its infra process a pod has lost its namespaces. What its supervisor has not got to yet.
bool LostInfra(const PodStatus& status) {
  if (status.state != "running" || status.infra_pid == 0) return false;
  const auto lives = common::ProcessLives(static_cast<pid_t>(status.infra_pid), status.infra_start_time);
  return lives && !*lives;
}

void MarkSandboxLost(const PodLayout& layout, PodStatus& status) {
  status.ready = false;
  status.infra_pid = 0;
  const auto plan = supervisor::ReadPlan(layout.run_dir());
  if (!plan || !supervisor::GetsNewSandbox(*plan, status.containers)) status.state = "stopping";
  else if (status.sandbox_lost_at.empty()) status.sandbox_lost_at = common::FormatTime(common::Now(), true);
}

}  // namespace

Result<PodStatus> ReadPodStatus(const Context& context, const std::string& pod_id) {
  const PodLayout layout = context.Layout(pod_id);
  ASSIGN_OR_RETURN(auto live, ReadStatusFile(layout.run_dir() + "/" + supervisor::kStatusFile));
  if (live) {
    if (live->state == "exited") return *std::move(live);
    ASSIGN_OR_RETURN(const bool alive, supervisor::PodIsAlive(layout.run_dir()));
    if (!alive) {
      // It may have ended between the two looks.
      ASSIGN_OR_RETURN(live, ReadStatusFile(layout.run_dir() + "/" + supervisor::kStatusFile));
      if (live && live->state != "exited") MarkOrphaned(context, layout, *live);
    } else if (LostInfra(*live)) {
      MarkSandboxLost(layout, *live);
    }
    if (live) return *std::move(live);
  }
  ASSIGN_OR_RETURN(auto last, ReadStatusFile(layout.state_dir() + "/" + supervisor::kFinalFile));
  const bool started = common::PathExists(layout.StartedMarker());
  if (last && !started) return *std::move(last);
  PodStatus status;
  status.id = pod_id;
  if (!started) return status;
  ASSIGN_OR_RETURN(const bool alive, supervisor::PodIsAlive(layout.run_dir()));
  if (!alive && !common::PathExists(layout.run_dir())) MarkLost(status);
  return status;
}

ContainerStatus StatusOf(const PodStatus& pod, const std::string& container_id, const std::string& container_name) {
  for (const ContainerStatus& container : pod.containers) {
    if (container.id == container_id) return container;
  }
  ContainerStatus status;
  status.id = container_id;
  status.name = container_name;
  if (pod.reason == kUnseenReason && pod.containers.empty()) {
    status.state = "exited";
    status.reason = kUnseenReason;
    status.message = kLost;
    status.exit_code = kUnseenExitCode;
    status.final = true;
  }
  return status;
}

}  // namespace skiff::pod
