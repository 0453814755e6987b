#include "pod/remover.h"

#include <algorithm>

#include "common/file.h"
#include "pod/engine_events.h"
#include "pod/inspect.h"
#include "pod/launch/image_holds.h"
#include "pod/status_reader.h"
#include "pod/supervisor/protocol.h"

namespace skiff::pod {
namespace {

using common::ErrorCode;
using common::Result;

bool LooksAnonymous(const std::string& name) {
  return name.size() == 64 && name.find_first_not_of("0123456789abcdef") == std::string::npos;
}

std::vector<std::string> AnonymousVolumes(const PodSpec& pod) {
  std::vector<std::string> names;
  for (const Volume& volume : pod.volumes) {
    if (volume.named && LooksAnonymous(volume.named->name)) names.push_back(volume.named->name);
  }
  return names;
}

bool Mounts(const ContainerSpec& container, const std::string& volume) {
  return std::ranges::find(container.mounts, volume, &VolumeMount::volume) != container.mounts.end();
}

// Those of a pod's anonymous volumes that only this one of its containers mounts.
Result<std::vector<std::string>> OwnAnonymousVolumes(Context& context, const ContainerRecord& container) {
  ASSIGN_OR_RETURN(const auto pod, context.store->GetPod(container.pod_id));
  if (!pod) return std::vector<std::string>();
  ASSIGN_OR_RETURN(const auto siblings, context.store->Containers(container.pod_id));
  PodSpec own = pod->spec;
  std::erase_if(own.volumes, [&](const Volume& volume) {
    return std::ranges::any_of(siblings, [&](const ContainerRecord& other) {
      return (other.id == container.id) != Mounts(other.spec, volume.name);
    });
  });
  return AnonymousVolumes(own);
}

// Without its last word a pod that still has its record would look as if it had never been started.
Result<> RemoveStateButStatus(const PodLayout& layout) {
  auto names = common::ListDirectory(layout.state_dir());
  if (!names) return names.error().code() == ErrorCode::kNotFound ? Result<>() : names.error();
  std::erase(*names, supervisor::kFinalFile);
  for (const std::string& name : *names) TRY(common::RemoveTree(layout.state_dir() + "/" + name));
  return {};
}

}  // namespace

Result<> RemoveLockedPod(Context& context, const PodRecord& pod, OperationLock& lock) {
  const PodLayout layout = context.Layout(pod.id);
  ASSIGN_OR_RETURN(const auto containers, context.store->Containers(pod.id));
  const auto last_seen = DescribePod(context, pod, containers);
  std::vector<PodEvent> events;
  if (!pod.spec.implicit) events = supervisor::EventLog(layout.state_dir()).Read().value_or(std::vector<PodEvent>());
  TRY(common::RemoveTree(layout.run_dir()));
  TRY(RemoveStateButStatus(layout));
  // In one transaction with its volumes: nobody could tell afterwards whose they were.
  TRY(context.store->DeletePod(pod.id, AnonymousVolumes(pod.spec)));
  TRY(common::RemoveTree(layout.state_dir()));
  if (last_seen) RecordRemoval(context.paths, *last_seen, events);
  TRY(RemoveUnrecordedVolumes(context));
  TRY(ReleaseUnused(context));
  return lock.RemoveFile();
}

std::optional<PodInfo> LastSeen(Context& context, const ContainerRecord& container) {
  const auto pod = context.store->GetPod(container.pod_id);
  if (!pod || !*pod) return std::nullopt;
  auto seen = DescribePod(context, **pod, {container});
  return seen ? std::optional(std::move(*seen)) : std::nullopt;
}

Result<> RemoveContainerFiles(Context& context, const ContainerRecord& container, bool with_volumes,
                              const std::optional<PodInfo>& last_seen) {
  std::vector<std::string> volumes;
  if (with_volumes) {
    ASSIGN_OR_RETURN(volumes, OwnAnonymousVolumes(context, container));
  }
  const PodLayout layout = context.Layout(container.pod_id);
  TRY(common::RemoveTree(layout.Bundle(container.id)));
  TRY(common::RemoveTree(layout.ContainerState(container.id)));
  TRY(context.store->DeleteContainer(container.id, volumes));
  if (last_seen) RecordRemoval(context.paths, *last_seen, last_seen->containers.front());
  if (!volumes.empty()) TRY(RemoveUnrecordedVolumes(context));
  return ReleaseUnused(context);
}

Result<> RemoveEndedContainers(Context& context, const PodRecord& pod, OperationLock& lock) {
  ASSIGN_OR_RETURN(const auto status, ReadPodStatus(context, pod.id));
  ASSIGN_OR_RETURN(const auto containers, context.store->Containers(pod.id));
  const auto is_done = [&](const ContainerRecord& container) {
    const auto state = StatusOf(status, container.id, container.spec.name);
    return container.spec.auto_remove && state.state == "exited" && !state.started_at.empty();
  };
  if (pod.spec.implicit && !containers.empty() && std::ranges::all_of(containers, is_done)) {
    return RemoveLockedPod(context, pod, lock);
  }
  for (const ContainerRecord& container : containers) {
    if (is_done(container)) TRY(RemoveContainerFiles(context, container, true, LastSeen(context, container)));
  }
  return {};
}

// The folders first: a volume that is being made has its record before its folder.
Result<> RemoveUnrecordedVolumes(Context& context) {
  auto folders = common::ListDirectory(context.paths.VolumeDir(""));
  if (!folders) return folders.error().code() == ErrorCode::kNotFound ? Result<>() : folders.error();
  std::erase_if(*folders, [](const std::string& name) { return !LooksAnonymous(name); });
  if (folders->empty()) return {};
  ASSIGN_OR_RETURN(const auto recorded, context.store->Volumes());
  for (const std::string& name : *folders) {
    const bool known = std::ranges::any_of(recorded, [&](const auto& volume) { return volume.name == name; });
    if (!known) TRY(common::RemoveTree(context.paths.VolumeDir(name)));
  }
  return {};
}

}  // namespace skiff::pod
