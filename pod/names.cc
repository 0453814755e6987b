#include "pod/names.h"

#include <algorithm>
#include <array>
#include <random>
#include <string_view>

namespace skiff::pod {
namespace {

constexpr std::array<std::string_view, 40> kAdjectives = {
    "able",   "amber",  "bold",   "brave", "breezy", "bright", "brisk", "calm",  "clever", "cosy",
    "crisp",  "eager",  "early",  "fair",  "fond",   "frank",  "fresh", "gentle", "glad",  "golden",
    "grand",  "handy",  "honest", "jolly", "keen",   "kind",   "light", "lively", "lucky", "mellow",
    "merry",  "nimble", "plucky", "proud", "quick",  "quiet",  "sharp", "steady", "sunny", "witty"};
constexpr std::array<std::string_view, 40> kNouns = {
    "badger", "beaver", "bison",  "cormorant", "crane",  "curlew", "dolphin", "egret",  "falcon", "ferret",
    "finch",  "gannet", "gecko",  "heron",     "ibex",   "jackdaw", "kestrel", "lark",  "lemur",  "linnet",
    "lynx",   "marten", "marmot", "merlin",    "newt",   "ocelot", "oriole",  "osprey", "otter",  "petrel",
    "pika",   "plover", "puffin", "robin",     "seal",   "shrike", "stork",   "swift",  "tern",   "wren"};

}  // namespace

std::string ShownContainerName(const PodSpec& pod, const std::string& container) {
  if (!pod.from_kube) return container;
  const std::string name = pod.name + "-" + container;
  return pod.kube_namespace == "default" ? name : pod.kube_namespace + "." + name;
}

std::string ShownPodName(const PodSpec& pod) {
  return pod.kube_namespace == "default" ? pod.name : pod.kube_namespace + "/" + pod.name;
}

std::string InventName() {
  std::random_device random;
  return std::string(kAdjectives[random() % kAdjectives.size()]) + "_" + std::string(kNouns[random() % kNouns.size()]);
}

bool IsValidName(const std::string& name) {
  const auto alphanumeric = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); };
  return !name.empty() && alphanumeric(name.front()) && std::ranges::all_of(name, [&](char c) {
    return alphanumeric(c) || c == '_' || c == '.' || c == '-';
  });
}

}  // namespace skiff::pod
