#include "kube/translate/translate_volumes.h"

#include <algorithm>

#include "kube/play/object_key.h"
#include "kube/translate/cgroup_values.h"
#include "kube/translate/downward.h"
#include "kube/translate/translate_env.h"

namespace skiff::kube {
namespace {

using common::ErrorCode;
using File = pod::FilesVolume::File;

constexpr int32_t kDefaultMode = 0644;

uint32_t ModeOr(std::optional<int32_t> mode, std::optional<int32_t> default_mode) {
  return static_cast<uint32_t>(mode.value_or(default_mode.value_or(kDefaultMode)));
}

// A later file replaces an earlier one of the same path (projected volumes).
void AddFile(std::vector<File>& files, File file) {
  const auto same = std::find_if(files.begin(), files.end(), [&](const File& f) { return f.path == file.path; });
  if (same == files.end()) files.push_back(std::move(file));
  else *same = std::move(file);
}

struct ObjectFiles {
  std::string kind;  // ConfigMap, Secret
  std::string name;
  const std::vector<KeyToPath>& items;
  std::optional<int32_t> default_mode;
  bool optional;
};

void AddObjectFiles(const TranslationContext& context, const ObjectFiles& from, const std::string& path,
                    std::vector<File>& files) {
  const auto object = context.config.Find({from.kind, context.identity.kube_namespace, from.name});
  if (!object) {
    if (from.optional && object.error().code() == ErrorCode::kNotFound) return;
    return context.problems.Error(path, object.error().message());
  }
  const auto contents = ConfigContents(**object, false);
  if (from.items.empty()) {
    for (const auto& [key, content] : contents) AddFile(files, {key, content, ModeOr({}, from.default_mode)});
    return;
  }
  for (size_t i = 0; i < from.items.size(); ++i) {
    const KeyToPath& item = from.items[i];
    const auto found = contents.find(item.key);
    if (found != contents.end()) AddFile(files, {item.path, found->second, ModeOr(item.mode, from.default_mode)});
    else if (!from.optional)
      context.problems.Error(fmt::format("{}.items[{}].key", path, i),
                             fmt::format("{} \"{}\" has no key \"{}\"{}", from.kind, from.name, item.key,
                                         DidYouMeanKey(item.key, contents)));
  }
}

void AddDownwardFiles(const TranslationContext& context, const std::vector<DownwardApiFile>& items,
                      std::optional<int32_t> default_mode, const std::string& path, std::vector<File>& files) {
  for (size_t i = 0; i < items.size(); ++i) {
    const DownwardApiFile& item = items[i];
    const auto content = item.field_ref ? VolumeField(context, item.field_ref->field_path)
                                        : ResourceField(context, item.resource_field_ref.value_or(ResourceFieldSelector()),
                                                        nullptr);
    if (content) AddFile(files, {item.path, *content, ModeOr(item.mode, default_mode)});
    else context.problems.Error(fmt::format("{}.items[{}]", path, i), content.error().message());
  }
}

pod::FilesVolume Projected(const TranslationContext& context, const ProjectedVolumeSource& source, const std::string& path) {
  pod::FilesVolume volume{.memory = true};
  for (size_t i = 0; i < source.sources.size(); ++i) {
    const VolumeProjection& part = source.sources[i];
    const std::string part_path = fmt::format("{}.sources[{}]", path, i);
    if (part.secret)
      AddObjectFiles(context, {"Secret", part.secret->name, part.secret->items, source.default_mode,
                               part.secret->optional.value_or(false)}, part_path + ".secret", volume.files);
    if (part.config_map)
      AddObjectFiles(context, {"ConfigMap", part.config_map->name, part.config_map->items, source.default_mode,
                               part.config_map->optional.value_or(false)}, part_path + ".configMap", volume.files);
    if (part.downward_api)
      AddDownwardFiles(context, part.downward_api->items, source.default_mode, part_path + ".downwardAPI", volume.files);
    if (!part.secret && !part.config_map && !part.downward_api)
      context.problems.Error(part_path, "this kind of source is not supported");
  }
  return volume;
}

pod::EmptyDirVolume EmptyDir(const TranslationContext& context, const EmptyDirVolumeSource& source) {
  pod::EmptyDirVolume volume;
  volume.memory = source.medium == "Memory";
  if (source.size_limit) volume.size_limit = static_cast<uint64_t>(std::max<int64_t>(0, source.size_limit->Value()));
  const auto pod_limit = PodResources(context.spec).memory_limit;
  if (volume.memory && pod_limit && (volume.size_limit == 0 || volume.size_limit > static_cast<uint64_t>(*pod_limit)))
    volume.size_limit = static_cast<uint64_t>(*pod_limit);
  return volume;
}

pod::Volume TranslateVolume(const TranslationContext& context, const Volume& in, const std::string& path) {
  pod::Volume out{.name = in.name};
  const std::string& ns = context.identity.kube_namespace;
  if (in.host_path) {
    out.host_path = {.path = in.host_path->path, .type = in.host_path->type};
  } else if (in.config_map) {
    const ConfigMapVolumeSource& from = *in.config_map;
    out.files.emplace();
    AddObjectFiles(context, {"ConfigMap", from.name, from.items, from.default_mode, from.optional.value_or(false)},
                   path + ".configMap", out.files->files);
  } else if (in.secret) {
    const SecretVolumeSource& from = *in.secret;
    out.files = {.memory = true};
    AddObjectFiles(context, {"Secret", from.secret_name, from.items, from.default_mode, from.optional.value_or(false)},
                   path + ".secret", out.files->files);
  } else if (in.projected) {
    out.files = Projected(context, *in.projected, path + ".projected");
  } else if (in.downward_api) {
    out.files = {.memory = true};
    AddDownwardFiles(context, in.downward_api->items, in.downward_api->default_mode, path + ".downwardAPI",
                     out.files->files);
  } else if (in.persistent_volume_claim) {
    out.named = {.name = ClaimVolumeName(ns, in.persistent_volume_claim->claim_name),
                 .read_only = in.persistent_volume_claim->read_only};
  } else if (in.image || in.remote) {
    context.problems.Error(path, "this kind of volume is not supported");
  } else {
    // A generic ephemeral volume lives and dies with its pod, as an emptyDir does.
    out.empty_dir = EmptyDir(context, in.empty_dir.value_or(EmptyDirVolumeSource()));
  }
  return out;
}

pod::Propagation PropagationOf(const std::string& name) {
  if (name == "HostToContainer") return pod::Propagation::kHostToContainer;
  if (name == "Bidirectional") return pod::Propagation::kBidirectional;
  return pod::Propagation::kNone;
}

bool IsReadOnlySource(const PodSpec& spec, const std::string& volume_name) {
  const auto found = std::find_if(spec.volumes.begin(), spec.volumes.end(),
                                  [&](const Volume& volume) { return volume.name == volume_name; });
  if (found == spec.volumes.end()) return false;
  return found->config_map || found->secret || found->projected || found->downward_api ||
         (found->persistent_volume_claim && found->persistent_volume_claim->read_only);
}

}  // namespace

std::vector<pod::Volume> TranslateVolumes(const TranslationContext& context) {
  std::vector<pod::Volume> volumes;
  for (size_t i = 0; i < context.spec.volumes.size(); ++i)
    volumes.push_back(TranslateVolume(context, context.spec.volumes[i], fmt::format("{}.volumes[{}]", context.spec_path, i)));
  return volumes;
}

std::vector<pod::VolumeMount> TranslateMounts(const TranslationContext& context, const Container& container,
                                              const std::vector<pod::EnvVar>& env, const std::string& path) {
  std::vector<pod::VolumeMount> mounts;
  for (size_t i = 0; i < container.volume_mounts.size(); ++i) {
    const VolumeMount& in = container.volume_mounts[i];
    pod::VolumeMount out{.volume = in.name, .path = in.mount_path, .sub_path = in.sub_path};
    out.read_only = in.read_only || IsReadOnlySource(context.spec, in.name);
    // IfPossible: the kernels that we run on (5.15 and newer) all can.
    out.recursive_read_only = in.recursive_read_only == "Enabled" || in.recursive_read_only == "IfPossible";
    out.propagation = PropagationOf(in.mount_propagation);
    if (!in.sub_path_expr.empty()) {
      const std::string field = fmt::format("{}.volumeMounts[{}].subPathExpr", path, i);
      auto expanded = ExpandSubPath(in.sub_path_expr, env);
      if (!expanded) context.problems.Error(field, expanded.error().message());
      else if (expanded->starts_with('/') || ("/" + *expanded + "/").find("/../") != std::string::npos)
        context.problems.Error(field, fmt::format("expands to \"{}\", which is not below the volume", *expanded));
      else out.sub_path = *expanded;
    }
    mounts.push_back(std::move(out));
  }
  return mounts;
}

}  // namespace skiff::kube
