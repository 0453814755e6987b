#include "kube/translate/host_paths.h"

#include <filesystem>

namespace skiff::kube {

const PodSpec* PodSpecOf(const Object& object) {
  if (const auto* pod = object.As<Pod>()) return &pod->spec;
  if (const auto* deployment = object.As<Deployment>()) return &deployment->spec.pod_template.spec;
  return nullptr;
}

PodSpec* PodSpecOf(Object& object) { return const_cast<PodSpec*>(PodSpecOf(std::as_const(object))); }

void MakeHostPathsAbsolute(Object& object) {
  PodSpec* spec = PodSpecOf(object);
  if (!spec) return;
  const std::filesystem::path file = object.position.file == "-" ? "" : object.position.file;
  for (Volume& volume : spec->volumes) {
    if (!volume.host_path || volume.host_path->path.empty() || volume.host_path->path.front() == '/') continue;
    std::error_code unknown_directory;
    const auto folder = std::filesystem::absolute(file.parent_path() / ".", unknown_directory);
    if (unknown_directory) continue;  // the engine refuses the relative path
    volume.host_path->path = (folder / volume.host_path->path).lexically_normal().string();
    if (volume.host_path->path.size() > 1 && volume.host_path->path.back() == '/') volume.host_path->path.pop_back();
  }
}

}  // namespace skiff::kube
