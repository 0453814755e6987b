#include "kube/translate/references.h"

namespace skiff::kube {
namespace {

class Collector {
 public:
  explicit Collector(const std::string& kube_namespace) : namespace_(kube_namespace) {}

  void Add(const Container& container) {
    for (const EnvFromSource& from : container.env_from) {
      if (from.config_map_ref) Add(ConfigMap::kKind, from.config_map_ref->name);
      if (from.secret_ref) Add(Secret::kKind, from.secret_ref->name);
    }
    for (const EnvVar& variable : container.env) {
      if (!variable.value_from) continue;
      if (variable.value_from->config_map_key_ref) Add(ConfigMap::kKind, variable.value_from->config_map_key_ref->name);
      if (variable.value_from->secret_key_ref) Add(Secret::kKind, variable.value_from->secret_key_ref->name);
    }
  }

  void Add(const Volume& volume) {
    if (volume.config_map) Add(ConfigMap::kKind, volume.config_map->name);
    if (volume.secret) Add(Secret::kKind, volume.secret->secret_name);
    if (volume.persistent_volume_claim)
      Add(PersistentVolumeClaim::kKind, volume.persistent_volume_claim->claim_name);
    if (!volume.projected) return;
    for (const VolumeProjection& part : volume.projected->sources) {
      if (part.config_map) Add(ConfigMap::kKind, part.config_map->name);
      if (part.secret) Add(Secret::kKind, part.secret->name);
    }
  }

  std::set<ObjectKey> Take() { return std::move(keys_); }

 private:
  void Add(const char* kind, const std::string& name) { keys_.insert({kind, namespace_, name}); }

  const std::string& namespace_;
  std::set<ObjectKey> keys_;
};

}  // namespace

std::set<ObjectKey> ReferencesOf(const PodSpec& spec, const std::string& kube_namespace) {
  Collector collector(kube_namespace);
  for (const auto* containers : {&spec.init_containers, &spec.containers}) {
    for (const Container& container : *containers) collector.Add(container);
  }
  for (const Volume& volume : spec.volumes) collector.Add(volume);
  return collector.Take();
}

}  // namespace skiff::kube
