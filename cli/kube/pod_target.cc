#include "cli/kube/pod_target.h"

#include <algorithm>

#include "cli/notation/text.h"
#include "kube/play/object_key.h"
#include "kube/play/plan.h"
#include "kube/translate/value_access.h"

namespace skiff::cli {

using common::ErrorCode;
using common::MakeError;
using common::Result;

namespace {

constexpr char kDefaultContainer[] = "kubectl.kubernetes.io/default-container";

std::string ShownName(const pod::ContainerInfo& container) {
  return container.spec.name + (container.spec.init ? " (init)" : "");
}

// By a Service.
bool IsSelected(const pod::PodInfo& pod, const kube::Value& object, const std::string& kube_namespace) {
  const auto& selector = kube::At(object, "spec.selector").entries();
  if (kube::TextAt(object, "kind") != "Service" || selector.empty() || pod.spec.kube_namespace != kube_namespace) return false;
  return std::ranges::all_of(selector, [&](const auto& entry) {
    const auto label = pod.spec.labels.find(entry.key);
    return label != pod.spec.labels.end() && label->second == entry.value.text();
  });
}

}  // namespace

Result<std::vector<const pod::PodInfo*>> FindTargetPods(kube::LiveObjects& live, const std::string& text,
                                                        const std::string& kube_namespace) {
  std::string word = "pod";
  std::string name = text;
  if (text.find('/') != std::string::npos) std::tie(word, name) = SplitPair(text, '/');
  const kube::ResourceKind* kind = kube::FindResourceKind(word);
  if (kind == nullptr) return NoSuchResource(word);
  std::vector<const pod::PodInfo*> found;
  if (kind->kind == "Pod") {
    ASSIGN_OR_RETURN(found.emplace_back(), live.FindPod(kube_namespace, name));
    if (found.front() == nullptr) return NotFoundError(*kind, name);
    return found;
  }
  ASSIGN_OR_RETURN(const auto object, live.Get(kind->kind, kube_namespace, name));
  if (!object) return NotFoundError(*kind, name);
  ASSIGN_OR_RETURN(const auto* pods, live.Pods());
  const kube::ObjectKey key{std::string(kind->kind), kube_namespace, name};
  for (const pod::PodInfo& pod : *pods)
    if (kube::BelongsTo(pod, key) || IsSelected(pod, *object, kube_namespace)) found.push_back(&pod);
  if (found.empty())
    return MakeError(ErrorCode::kNotFound, "{}/{} has no pods", kind->QualifiedSingular(), name);
  std::ranges::stable_partition(found, [](const pod::PodInfo* pod) { return kube::IsRunning(*pod); });
  return found;
}

Result<const pod::PodInfo*> FindTargetPod(kube::LiveObjects& live, const std::string& text,
                                          const std::string& kube_namespace) {
  ASSIGN_OR_RETURN(const auto pods, FindTargetPods(live, text, kube_namespace));
  return pods.front();
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
