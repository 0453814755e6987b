#include "pod/state/names.h"

#include <algorithm>

namespace skiff::pod {

std::string ShownContainerName(const PodSpec& pod, const std::string& container) {
  if (!pod.from_kube) return container;
  const std::string name = pod.name + "-" + container;
  return pod.kube_namespace == "default" ? name : pod.kube_namespace + "." + name;
}

std::string ShownPodName(const PodSpec& pod) {
  return pod.kube_namespace == "default" ? pod.name : pod.kube_namespace + "/" + pod.name;
}

bool IsValidName(const std::string& name) {
  const auto alphanumeric = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); };
  return !name.empty() && alphanumeric(name.front()) && std::ranges::all_of(name, [&](char c) {
    return alphanumeric(c) || c == '_' || c == '.' || c == '-';
  });
}

}  // namespace skiff::pod
