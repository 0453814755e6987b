#include <array>

#include "kube/model/validation/report.h"

namespace skiff::kube::validation {

namespace {

void ValidateItems(Report& report, const std::string& path, const std::vector<KeyToPath>& items) {
  for (size_t i = 0; i < items.size(); ++i) {
    if (items[i].key.empty()) continue;
    const std::string detail = ConfigKeyDetail(items[i].key);
    if (!detail.empty()) report.Invalid(fmt::format("{}.items[{}].key", path, i), items[i].key, detail);
  }
}

void ValidateDownward(Report& report, const std::string& path, const std::vector<DownwardApiFile>& items,
                      const PodSpec& pod) {
  for (size_t i = 0; i < items.size(); ++i) {
    const DownwardApiFile& file = items[i];
    const std::string at = fmt::format("{}.items[{}]", path, i);
    if (file.field_ref && file.resource_field_ref) {
      report.Error(at, "Invalid value: fieldRef and resourceFieldRef can not be specified simultaneously");
    } else if (!file.field_ref && !file.resource_field_ref) {
      report.Required(at, "one of fieldRef and resourceFieldRef is required");
    }
    if (file.field_ref)
      ValidateFieldPath(report, at + ".fieldRef.fieldPath", file.field_ref->field_path, true);
    if (file.resource_field_ref) {
      ValidateResourceField(report, at + ".resourceFieldRef", *file.resource_field_ref, &pod, true);
    }
  }
}

void ValidateProjected(Report& report, const std::string& path, const ProjectedVolumeSource& projected,
                       const PodSpec& pod) {
  std::set<std::string> paths;
  const auto collect = [&](const std::string& at, const auto& items) {
    for (size_t i = 0; i < items.size(); ++i) {
      report.Unique(fmt::format("{}.items[{}].path", at, i), items[i].path, paths);
    }
  };
  for (size_t i = 0; i < projected.sources.size(); ++i) {
    const VolumeProjection& source = projected.sources[i];
    const std::string at = fmt::format("{}.sources[{}]", path, i);
    const int count = source.secret.has_value() + source.config_map.has_value() +
                      source.downward_api.has_value() + source.service_account_token.has_value() +
                      !source.cluster_trust_bundle.is(Value::Kind::kNull) +
                      !source.pod_certificate.is(Value::Kind::kNull);
    if (count == 0) report.Required(at, "must specify a volume source");
    if (count > 1) report.Forbidden(at, "may not specify more than 1 volume type per source");
    if (source.secret) {
      ValidateItems(report, at + ".secret", source.secret->items);
      collect(at + ".secret", source.secret->items);
    }
    if (source.config_map) {
      ValidateItems(report, at + ".configMap", source.config_map->items);
      collect(at + ".configMap", source.config_map->items);
    }
    if (source.downward_api) {
      ValidateDownward(report, at + ".downwardAPI", source.downward_api->items, pod);
      collect(at + ".downwardAPI", source.downward_api->items);
    }
  }
}

// The names of the sources that a volume has, in the order of the table.
std::vector<std::string> SourceNames(const Volume& volume) {
  std::vector<std::string> names;
  const auto add = [&](const char* name, const auto& source) {
    if (source) names.push_back(name);
  };
  add("hostPath", volume.host_path);
  add("emptyDir", volume.empty_dir);
  add("secret", volume.secret);
  add("configMap", volume.config_map);
  add("projected", volume.projected);
  add("downwardAPI", volume.downward_api);
  add("persistentVolumeClaim", volume.persistent_volume_claim);
  add("image", volume.image);
  add("ephemeral", volume.ephemeral);
  if (volume.remote) names.push_back(volume.remote->kind);
  return names;
}

void ValidateSource(Report& report, const std::string& at, const Volume& volume, const PodSpec& pod) {
  if (volume.secret) ValidateItems(report, at + ".secret", volume.secret->items);
  if (volume.config_map) ValidateItems(report, at + ".configMap", volume.config_map->items);
  if (volume.downward_api) ValidateDownward(report, at + ".downwardAPI", volume.downward_api->items, pod);
  if (volume.projected) ValidateProjected(report, at + ".projected", *volume.projected, pod);
}

}  // namespace

void ValidateVolumes(Report& report, const std::string& path, const PodSpec& spec) {
  std::set<std::string> names;
  for (size_t i = 0; i < spec.volumes.size(); ++i) {
    const Volume& volume = spec.volumes[i];
    const std::string at = fmt::format("{}[{}]", path, i);
    report.Unique(at + ".name", volume.name, names);
    const std::vector<std::string> sources = SourceNames(volume);
    for (size_t j = 1; j < sources.size(); ++j) {
      report.Forbidden(at + "." + sources[j], "may not specify more than 1 volume type");
    }
    ValidateSource(report, at, volume, spec);
  }
}

}  // namespace skiff::kube::validation
