#include "pod/finder.h"

#include <optional>

namespace skiff::pod {
namespace {

using common::ErrorCode;
using common::MakeError;
using common::Result;

bool IsIdPrefix(const std::string& text) {
  return !text.empty() && text.size() <= 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

Result<std::string> OnlyOne(const std::vector<std::string>& ids, std::string_view noun, const std::string& text) {
  if (ids.size() == 1) return ids.front();
  if (ids.empty()) return MakeError(ErrorCode::kNotFound, "no such {}: {}", noun, text);
  return MakeError(ErrorCode::kInvalid, "{} is the beginning of {} {} ids: give more digits", text, ids.size(), noun);
}

}  // namespace

Result<std::string> FindPodId(StateStore& store, const std::string& name_or_id) {
  const size_t slash = name_or_id.find('/');
  const std::string kube_namespace = slash == std::string::npos ? "default" : name_or_id.substr(0, slash);
  ASSIGN_OR_RETURN(auto ids, store.FindPods(kube_namespace, name_or_id.substr(slash + 1)));
  if (ids.empty() && IsIdPrefix(name_or_id)) {
    ASSIGN_OR_RETURN(ids, store.FindPodsByPrefix(name_or_id));
  }
  return OnlyOne(ids, "pod", name_or_id);
}

Result<std::string> FindContainerId(StateStore& store, const std::string& name_or_id) {
  ASSIGN_OR_RETURN(auto ids, store.FindContainersByName(name_or_id));
  if (ids.empty() && IsIdPrefix(name_or_id)) {
    ASSIGN_OR_RETURN(ids, store.FindContainersByPrefix(name_or_id));
  }
  return OnlyOne(ids, "container", name_or_id);
}

Result<PodRecord> RequirePod(StateStore& store, const std::string& id) {
  ASSIGN_OR_RETURN(auto record, store.GetPod(id));
  if (!record) return MakeError(ErrorCode::kNotFound, "no such pod: {}", id);
  return *std::move(record);
}

Result<ContainerRecord> RequireContainer(StateStore& store, const std::string& id) {
  ASSIGN_OR_RETURN(auto record, store.GetContainer(id));
  if (!record) return MakeError(ErrorCode::kNotFound, "no such container: {}", id);
  return *std::move(record);
}

Result<PodRecord> RequireWholePod(StateStore& store, const std::string& id, std::vector<ContainerRecord>& containers) {
  ASSIGN_OR_RETURN(PodRecord pod, RequirePod(store, id));
  ASSIGN_OR_RETURN(containers, store.Containers(id));
  AddContainerSpecs(pod.spec, containers);
  return pod;
}

void AddContainerSpecs(PodSpec& spec, const std::vector<ContainerRecord>& containers) {
  for (const ContainerRecord& container : containers) {
    (container.spec.init ? spec.init_containers : spec.containers).push_back(container.spec);
  }
}

}  // namespace skiff::pod
