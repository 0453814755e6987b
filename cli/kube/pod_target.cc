#include "cli/kube/pod_target.h"

#include "cli/notation/text.h"
#include "kube/play/object_key.h"
#include "kube/play/plan.h"

namespace skiff::cli {

using common::ErrorCode;
using common::MakeError;
using common::Result;

namespace {

constexpr char kDefaultContainer[] = "kubectl.kubernetes.io/default-container";

std::string ShownName(const pod::ContainerInfo& container) {
  return container.spec.name + (container.spec.init ? " (init)" : "");
}

}  // namespace

Result<const pod::PodInfo*> FindTargetPod(kube::LiveObjects& live, const std::string& text,
                                          const std::string& kube_namespace) {
  std::string word = "pod";
  std::string name = text;
  if (text.find('/') != std::string::npos) std::tie(word, name) = SplitPair(text, '/');
  const kube::ResourceKind* kind = kube::FindResourceKind(word);
  if (kind == nullptr) return NoSuchResource(word);
  if (kind->kind == "Pod") {
    ASSIGN_OR_RETURN(const pod::PodInfo* pod, live.FindPod(kube_namespace, name));
    if (pod == nullptr) return NotFoundError(*kind, name);
    return pod;
  }
  ASSIGN_OR_RETURN(const auto object, live.Get(kind->kind, kube_namespace, name));
  if (!object) return NotFoundError(*kind, name);
  ASSIGN_OR_RETURN(const auto* pods, live.Pods());
  const kube::ObjectKey key{std::string(kind->kind), kube_namespace, name};
  const pod::PodInfo* found = nullptr;
  for (const pod::PodInfo& pod : *pods)
    if (kube::BelongsTo(pod, key) && (found == nullptr || !kube::IsRunning(*found))) found = &pod;
  if (found == nullptr)
    return MakeError(ErrorCode::kNotFound, "{}/{} has no pods", kind->QualifiedSingular(), name);
  return found;
}

Result<const pod::ContainerInfo*> FindTargetContainer(const pod::PodInfo& pod, const std::string& name,
                                                        bool quiet) {
  std::string wanted = name;
  if (wanted.empty()) {
    const auto annotation = pod.spec.annotations.find(kDefaultContainer);
    if (annotation != pod.spec.annotations.end()) wanted = annotation->second;
  }
  const pod::ContainerInfo* first = nullptr;
  std::vector<std::string> names;  // in kubectl's order: the init containers last
  std::vector<std::string> init_names;
  for (const pod::ContainerInfo& container : pod.containers) {
    if (!wanted.empty() && container.spec.name == wanted) return &container;
    if (first == nullptr && !container.spec.init) first = &container;
    (container.spec.init ? init_names : names).push_back(ShownName(container));
  }
  if (!name.empty() || first == nullptr)
    return MakeError(ErrorCode::kInvalid, "container {} is not valid for pod {}", name, pod.spec.name);
  names.insert(names.end(), init_names.begin(), init_names.end());
  if (names.size() > 1 && !quiet)
    PrintErrorLine(fmt::format("Defaulted container \"{}\" out of: {}", first->spec.name, Join(names, ", ")));
  return first;
}

}  // namespace skiff::cli
