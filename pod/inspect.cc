// Engine: what there is and how it is. Reads records and small files only: no network, no images, no locks.
#include "pod/inspect.h"

#include <map>

#include "pod/finder.h"
#include "pod/state/lease_file.h"
#include "pod/state/names.h"
#include "pod/status_reader.h"

namespace skiff::pod {
namespace {

using common::Result;

ContainerInfo ToInfo(const ContainerRecord& record, const PodSpec& pod, const supervisor::PodStatus& status) {
  return {.id = record.id,
          .name = record.name,
          .pod_id = record.pod_id,
          .pod_name = pod.implicit ? "" : ShownPodName(pod),
          .image_id = record.image_id,
          .image_name = record.image_name,
          .created = record.created,
          .command = record.command,
          .spec = record.spec,
          .status = StatusOf(status, record.id, record.spec.name)};
}

// No infra image and no infra record exist; the id only has to be stable and unlike the pod's.
std::string InfraId(const std::string& pod_id) { return {pod_id.rbegin(), pod_id.rend()}; }

// A pod without its record: another command has removed it between two reads.
Result<ContainerInfo> ToInfo(Context& context, const ContainerRecord& record) {
  ASSIGN_OR_RETURN(const PodRecord pod, RequirePod(*context.store, record.pod_id));
  ASSIGN_OR_RETURN(const auto status, ReadPodStatus(context, pod.id));
  return ToInfo(record, pod.spec, status);
}

// No status: it has not been started yet, or it has been removed since its record was read.
Result<bool> WasRemoved(Context& context, const std::string& pod_id, const supervisor::PodStatus& status) {
  if (status.state != "created") return false;
  ASSIGN_OR_RETURN(const auto record, context.store->GetPod(pod_id));
  return !record.has_value();
}

}  // namespace

Result<PodInfo> DescribePod(const Context& context, PodRecord pod, const std::vector<ContainerRecord>& containers) {
  const PodLayout layout = context.Layout(pod.id);
  PodInfo info{.id = pod.id, .name = ShownPodName(pod.spec), .created = pod.created, .infra_id = InfraId(pod.id)};
  ASSIGN_OR_RETURN(info.status, ReadPodStatus(context, pod.id));
  if (info.status.state == "running" || info.status.state == "stopping") {
    ASSIGN_OR_RETURN(info.leases, ReadLeases(layout.Leases()));
  }
  for (const ContainerRecord& container : containers) {
    info.containers.push_back(ToInfo(container, pod.spec, info.status));
  }
  AddContainerSpecs(pod.spec, containers);
  info.spec = std::move(pod.spec);
  return info;
}

Result<std::vector<PodInfo>> Engine::ListPods() {
  ASSIGN_OR_RETURN(auto containers, impl_->store->Containers());
  std::map<std::string, std::vector<ContainerRecord>> by_pod;
  for (ContainerRecord& container : containers) by_pod[container.pod_id].push_back(std::move(container));
  ASSIGN_OR_RETURN(auto pods, impl_->store->Pods());
  std::vector<PodInfo> infos;
  for (PodRecord& pod : pods) {
    // Made between the two reads, unless it really has none.
    if (!by_pod.contains(pod.id)) {
      ASSIGN_OR_RETURN(by_pod[pod.id], impl_->store->Containers(pod.id));
    }
    ASSIGN_OR_RETURN(PodInfo info, DescribePod(*impl_, pod, by_pod[pod.id]));
    ASSIGN_OR_RETURN(const bool removed, WasRemoved(*impl_, info.id, info.status));
    if (!removed) infos.push_back(std::move(info));
  }
  return infos;
}

Result<PodInfo> Engine::InspectPod(const std::string& pod_id) {
  ASSIGN_OR_RETURN(const PodRecord pod, RequirePod(*impl_->store, pod_id));
  ASSIGN_OR_RETURN(const auto containers, impl_->store->Containers(pod_id));
  return DescribePod(*impl_, pod, containers);
}

Result<std::vector<ContainerInfo>> Engine::ListContainers() {
  ASSIGN_OR_RETURN(const auto pods, impl_->store->Pods());
  ASSIGN_OR_RETURN(const auto containers, impl_->store->Containers());
  std::map<std::string, std::vector<const ContainerRecord*>> by_pod;
  for (const ContainerRecord& container : containers) by_pod[container.pod_id].push_back(&container);
  std::vector<ContainerInfo> infos;
  for (const PodRecord& pod : pods) {
    const auto members = by_pod.find(pod.id);
    if (members == by_pod.end()) continue;
    ASSIGN_OR_RETURN(const auto status, ReadPodStatus(*impl_, pod.id));
    ASSIGN_OR_RETURN(const bool removed, WasRemoved(*impl_, pod.id, status));
    if (removed) continue;
    for (const ContainerRecord* container : members->second) infos.push_back(ToInfo(*container, pod.spec, status));
  }
  return infos;
}

Result<ContainerInfo> Engine::InspectContainer(const std::string& container_id) {
  ASSIGN_OR_RETURN(const ContainerRecord record, RequireContainer(*impl_->store, container_id));
  return ToInfo(*impl_, record);
}

}  // namespace skiff::pod
