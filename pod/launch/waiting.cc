#include "pod/launch/waiting.h"

#include <algorithm>
#include <optional>

#include "common/file.h"
#include "common/ids.h"
#include "common/json_fields.h"
#include "pod/finder.h"
#include "pod/launch/container_check.h"
#include "pod/launch/image_holds.h"
#include "pod/state/operation_lock.h"
#include "pod/supervisor/event_log.h"
#include "pod/supervisor/protocol.h"

namespace skiff::pod {

using common::ErrorCode;
using common::MakeError;
using common::Result;

namespace {

using ImageFailures = std::vector<Engine::ImageFailure>;

// What the supervisor of a pod that runs would write.
Result<> WriteWaiting(const PodLayout& layout, const std::string& pod_id, const std::vector<ContainerRecord>& containers,
                      const ImageFailures& failures) {
  supervisor::PodStatus status;
  status.id = pod_id;
  for (const ContainerRecord& record : containers) {
    supervisor::ContainerStatus& container = status.containers.emplace_back();
    container.id = record.id;
    container.name = record.spec.name;
    container.init = record.spec.init;
    container.sidecar = record.spec.sidecar;
    const auto failure = std::ranges::find(failures, record.spec.name, &Engine::ImageFailure::container);
    if (failure == failures.end()) continue;
    container.reason = failure->reason;
    container.message = failure->message;
  }
  TRY(common::MakeDirectories(layout.state_dir(), 0711));
  return common::WriteFileAtomic(layout.state_dir() + "/" + supervisor::kFinalFile, common::EncodeJson(status));
}

// The kubelet's words. Nothing depends on them.
void RecordFailures(const PodLayout& layout, const std::vector<ContainerRecord>& containers, const ImageFailures& failures) {
  const supervisor::EventLog log(layout.state_dir());
  for (const auto& [name, reason, message] : failures) {
    const auto container = std::ranges::find(containers, name, [](const ContainerRecord& record) { return record.spec.name; });
    if (container == containers.end()) continue;
    const std::string& image = container->spec.image;
    if (reason == "ImagePullBackOff")
      (void)log.Append({.reason = "BackOff", .message = fmt::format("Back-off pulling image \"{}\"", image), .object = name});
    else if (reason == "ErrImageNeverPull")
      (void)log.Append({.type = "Warning", .reason = reason, .message = fmt::format(
                        "Container image \"{}\" is not present with pull policy of Never", image), .object = name});
    else
      (void)log.Append({.type = "Warning", .reason = "Failed", .message = fmt::format("Failed to pull image \"{}\": {}",
                        image, message), .object = name});
    (void)log.Append({.type = "Warning", .reason = "Failed", .message = "Error: " + reason, .object = name});
  }
}

bool Waits(const ContainerRecord& record) { return record.image_id.empty(); }

std::string ClaimFile(const PodLayout& layout) { return layout.state_dir() + "/image-wait"; }

}  // namespace

Result<> RecordWaiting(const PodLayout& layout, const std::string& pod_id, const std::vector<ContainerRecord>& containers,
                       const ImageFailures& failures) {
  TRY(WriteWaiting(layout, pod_id, containers, failures));
  RecordFailures(layout, containers, failures);
  return {};
}

Result<> ResolveWaiting(Context& context, const PodRecord& pod, std::vector<ContainerRecord>& containers) {
  std::vector<ContainerRecord> resolved;
  for (ContainerRecord& container : containers) {
    if (!Waits(container)) continue;
    auto record = ResolveContainer(context, pod.spec, container.spec);
    if (!record && record.error().code() == ErrorCode::kNotFound)
      return MakeError(ErrorCode::kNotFound,
                       "container \"{}\" waits for image \"{}\": pull it, or play the manifest again to have it pulled",
                       container.spec.name, container.spec.image);
    TRY(record);
    container.image_id = std::move(record->image_id);
    container.image_name = std::move(record->image_name);
    container.command = std::move(record->command);
    record->spec.init = container.spec.init;
    container.spec = std::move(record->spec);
    resolved.push_back(container);
  }
  if (resolved.empty()) return {};
  ASSIGN_OR_RETURN(const common::FileLock holds, HoldImages(context, resolved));
  TRY(context.store->SetImages(resolved));
  return common::RemoveFile(ClaimFile(context.Layout(pod.id)));
}

bool PodInfo::WaitsForImage() const {
  return std::ranges::any_of(containers, [](const ContainerInfo& container) { return container.image_id.empty(); });
}

Result<> Engine::KeepWaiting(const std::string& pod_id, const std::vector<ImageFailure>& failures) {
  const PodLayout layout = impl_->Layout(pod_id);
  ASSIGN_OR_RETURN(const OperationLock lock, OperationLock::Acquire(layout.lock_file()));
  std::vector<ContainerRecord> containers;
  TRY(RequireWholePod(*impl_->store, pod_id, containers));
  if (std::ranges::none_of(containers, &Waits)) return {};
  return RecordWaiting(layout, pod_id, containers, failures);
}

Result<std::string> Engine::ClaimWaiting(const std::string& pod_id) {
  const PodLayout layout = impl_->Layout(pod_id);
  ASSIGN_OR_RETURN(const OperationLock lock, OperationLock::Acquire(layout.lock_file()));
  TRY(RequirePod(*impl_->store, pod_id));
  const std::string token = common::NewUuid();
  TRY(common::WriteFileAtomic(ClaimFile(layout), token));
  return token;
}

Result<bool> Engine::WaitsFor(const std::string& pod_id, const std::string& token) {
  ASSIGN_OR_RETURN(const auto containers, impl_->store->Containers(pod_id));
  if (std::ranges::none_of(containers, &Waits)) return false;
  const auto claimed = common::ReadFile(ClaimFile(impl_->Layout(pod_id)));
  return claimed && *claimed == token;
}

}  // namespace skiff::pod
