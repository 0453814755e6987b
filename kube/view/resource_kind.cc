#include "kube/view/resource_kind.h"

#include <algorithm>
#include <array>

namespace skiff::kube {
namespace {

constexpr std::array kResourceKinds{
    ResourceKind{"Pod", "pod", "pods", "po", ""},
    ResourceKind{"Service", "service", "services", "svc", ""},
    ResourceKind{"Deployment", "deployment", "deployments", "deploy", "apps"},
    ResourceKind{"ConfigMap", "configmap", "configmaps", "cm", ""},
    ResourceKind{"Secret", "secret", "secrets", "", ""},
    ResourceKind{"PersistentVolumeClaim", "persistentvolumeclaim", "persistentvolumeclaims", "pvc", ""},
    ResourceKind{"Endpoints", "endpoints", "endpoints", "ep", ""},
    ResourceKind{"EndpointSlice", "endpointslice", "endpointslices", "", "discovery.k8s.io"},
    ResourceKind{"Event", "event", "events", "ev", ""},
    ResourceKind{"Namespace", "namespace", "namespaces", "ns", "", false},
    ResourceKind{"ReplicaSet", "replicaset", "replicasets", "rs", "apps"},
    ResourceKind{"StatefulSet", "statefulset", "statefulsets", "sts", "apps"},
    ResourceKind{"DaemonSet", "daemonset", "daemonsets", "ds", "apps"},
    ResourceKind{"Job", "job", "jobs", "", "batch"},
    ResourceKind{"CronJob", "cronjob", "cronjobs", "cj", "batch"},
    ResourceKind{"Ingress", "ingress", "ingresses", "ing", "networking.k8s.io"},
    ResourceKind{"NetworkPolicy", "networkpolicy", "networkpolicies", "netpol", "networking.k8s.io"},
    ResourceKind{"PersistentVolume", "persistentvolume", "persistentvolumes", "pv", "", false},
    ResourceKind{"ServiceAccount", "serviceaccount", "serviceaccounts", "sa", ""},
};

constexpr std::array<std::string_view, 8> kAll = {"Pod",        "Service",     "DaemonSet", "Deployment",
                                                  "ReplicaSet", "StatefulSet", "CronJob",   "Job"};

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

bool HasWord(std::string_view words, std::string_view word) {
  while (!words.empty()) {
    const size_t space = std::min(words.find(' '), words.size());
    if (words.substr(0, space) == word) return true;
    words.remove_prefix(std::min(space + 1, words.size()));
  }
  return false;
}

bool Answers(const ResourceKind& kind, std::string_view word) {
  return word == kind.singular || word == kind.plural || HasWord(kind.aliases, word);
}

std::string Qualified(std::string_view name, std::string_view group) {
  std::string text(name);
  if (!group.empty()) text.append(".").append(group);
  return text;
}

}  // namespace

std::string ResourceKind::QualifiedSingular() const { return Qualified(singular, group); }
std::string ResourceKind::QualifiedPlural() const { return Qualified(plural, group); }

const ResourceKind* FindResourceKind(std::string_view text) {
  const std::string word = Lower(text);
  const size_t dot = std::min(word.find('.'), word.size());
  const std::string name = word.substr(0, dot);
  const std::string group = dot < word.size() ? word.substr(dot + 1) : "";
  const auto found =
      std::find_if(kResourceKinds.begin(), kResourceKinds.end(), [&](const ResourceKind& kind) {
        // "deployments.apps" and "deployments.v1.apps".
        return Answers(kind, name) &&
               (group.empty() || group == kind.group || group.ends_with("." + std::string(kind.group)));
      });
  return found == kResourceKinds.end() ? nullptr : &*found;
}

std::span<const ResourceKind> ResourceKinds() { return kResourceKinds; }
std::span<const std::string_view> KindsOfAll() { return kAll; }

}  // namespace skiff::kube
