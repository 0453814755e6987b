// Engine: new pods and containers. Everything is checked first, then recorded in one transaction.
#include <algorithm>
#include <optional>
#include <set>

#include "common/clock.h"
#include "common/ids.h"
#include "pod/context.h"
#include "pod/engine.h"
#include "pod/finder.h"
#include "pod/launch/container_check.h"
#include "pod/launch/image_holds.h"
#include "pod/launch/waiting.h"
#include "pod/state/names.h"

namespace skiff::pod {
namespace {

using common::ErrorCode;
using common::MakeError;
using common::Result;

std::vector<std::string> NamedVolumes(const std::vector<Volume>& volumes) {
  std::vector<std::string> names;
  for (const Volume& volume : volumes) {
    if (volume.named) names.push_back(volume.named->name);
  }
  return names;
}

Result<std::string> Insert(Context& context, const PodRecord& pod, const std::vector<ContainerRecord>& containers) {
  ASSIGN_OR_RETURN(std::optional<common::FileLock> holds, HoldImages(context, containers));
  const auto inserted = context.store->InsertPod(pod, containers, NamedVolumes(pod.spec.volumes), pod.spec.from_kube);
  holds.reset();
  if (inserted) return pod.id;
  if (const auto released = ReleaseUnused(context); !released) {
    return common::Error(inserted.error()).AlsoFailed(released.error());
  }
  return inserted.error();
}

// `without_image`: names of containers whose image is not there.
Result<std::vector<ContainerRecord>> ResolveAll(Context& context, const PodRecord& pod,
                                                const std::set<std::string>& without_image = {}) {
  std::vector<ContainerRecord> records;
  for (const auto* list : {&pod.spec.init_containers, &pod.spec.containers}) {
    for (const ContainerSpec& spec : *list) {
      ContainerRecord record = UnresolvedContainer(spec);
      if (!without_image.contains(spec.name)) {
        ASSIGN_OR_RETURN(record, ResolveContainer(context, pod.spec, spec));
      }
      record.pod_id = pod.id;
      record.name = ShownContainerName(pod.spec, spec.name);
      record.spec.init = list == &pod.spec.init_containers;
      records.push_back(std::move(record));
    }
  }
  return records;
}

PodRecord NewPod(const PodSpec& spec) {
  PodRecord pod{.id = common::NewId(), .created = common::FormatTime(common::Now(), true), .spec = spec};
  if (pod.spec.uid.empty()) pod.spec.uid = common::NewUuid();
  return pod;
}

// Its host is called as the pod is, unless the spec says otherwise.
PodRecord NewNamedPod(const PodSpec& spec) {
  PodRecord pod = NewPod(spec);
  if (pod.spec.hostname.empty() && pod.spec.network.mode != NetworkSpec::Mode::kHost) pod.spec.hostname = pod.spec.name;
  return pod;
}

// Volumes that a joining container brings must not take the names of the pod's own.
void RenameTakenVolumes(const PodSpec& pod, const std::string& container_id, ContainerSpec& spec,
                        std::vector<Volume>& volumes) {
  for (Volume& volume : volumes) {
    if (std::ranges::find(pod.volumes, volume.name, &Volume::name) == pod.volumes.end()) continue;
    const std::string renamed = volume.name + "-" + container_id.substr(0, 12);
    for (VolumeMount& mount : spec.mounts) {
      if (mount.volume == volume.name) mount.volume = renamed;
    }
    volume.name = renamed;
  }
}

}  // namespace

Result<std::string> Engine::CreatePod(const PodSpec& spec) {
  const PodRecord pod = NewNamedPod(spec);
  TRY(CheckPod(pod.spec), "pod \"{}\"", pod.spec.name);
  auto containers = ResolveAll(*impl_, pod);
  if (!containers) return std::move(containers).error().Wrap("pod \"" + pod.spec.name + "\"");
  return Insert(*impl_, pod, *containers);
}

Result<std::string> Engine::CreateWaitingPod(const PodSpec& spec, const std::vector<ImageFailure>& failures) {
  const PodRecord pod = NewNamedPod(spec);
  TRY(CheckPod(pod.spec), "pod \"{}\"", pod.spec.name);
  std::set<std::string> without_image;
  for (const ImageFailure& failure : failures) without_image.insert(failure.container);
  auto containers = ResolveAll(*impl_, pod, without_image);
  if (!containers) return std::move(containers).error().Wrap("pod \"" + pod.spec.name + "\"");
  TRY(Insert(*impl_, pod, *containers));
  TRY(RecordWaiting(impl_->Layout(pod.id), pod.id, *containers, failures), "pod \"{}\"", pod.spec.name);
  return pod.id;
}

Result<std::string> Engine::CreateContainer(const ContainerSpec& spec, const PodSpec& implicit_pod) {
  PodRecord pod = NewPod(implicit_pod);
  pod.spec.implicit = true;
  pod.spec.init_containers.clear();
  pod.spec.containers = {spec};
  TRY(CheckPod(pod.spec));
  ASSIGN_OR_RETURN(auto containers, ResolveAll(*impl_, pod));
  if (pod.spec.hostname.empty() && pod.spec.network.mode != NetworkSpec::Mode::kHost) {
    pod.spec.hostname = containers.front().id.substr(0, 12);
  }
  TRY(Insert(*impl_, pod, containers));
  return containers.front().id;
}

Result<std::string> Engine::CreateContainer(const ContainerSpec& spec, const std::string& pod_id,
                                            const std::vector<Volume>& volumes) {
  ContainerSpec own = spec;
  ASSIGN_OR_RETURN(const OperationLock lock, OperationLock::Acquire(impl_->Layout(pod_id).lock_file()));
  std::vector<ContainerRecord> siblings;
  ASSIGN_OR_RETURN(PodRecord pod, RequireWholePod(*impl_->store, pod_id, siblings));
  if (std::ranges::any_of(own.ports, [](const PortMapping& port) { return port.host_port != 0; })) {
    return MakeError(ErrorCode::kInvalid, "ports of a container in a pod are published by the pod: skiff pod create -p ...");
  }
  std::vector<Volume> added = volumes;
  RenameTakenVolumes(pod.spec, common::RandomHex(12), own, added);
  pod.spec.volumes.insert(pod.spec.volumes.end(), added.begin(), added.end());
  pod.spec.containers.push_back(own);
  TRY(CheckPod(pod.spec));
  ASSIGN_OR_RETURN(ContainerRecord record, ResolveContainer(*impl_, pod.spec, own));
  record.pod_id = pod_id;
  record.name = ShownContainerName(pod.spec, own.name);
  ASSIGN_OR_RETURN(std::optional<common::FileLock> holds, HoldImages(*impl_, {record}));
  const auto inserted = impl_->store->InsertContainer(record, added);
  holds.reset();
  if (inserted) return record.id;
  (void)ReleaseUnused(*impl_);
  return inserted.error();
}

}  // namespace skiff::pod
