#include "pod/volume/volume_setup.h"

#include <sys/stat.h>

#include "common/file.h"
#include "pod/volume/files_volume.h"
#include "pod/volume/host_path.h"
#include "pod/volume/ownership.h"

namespace skiff::pod {
namespace {

using common::ErrnoError;
using common::ErrorCode;
using common::MakeError;
using common::Result;

constexpr uint32_t kEmptyDirMode = 0777;

// A directory that this call has made, or an existing one untouched.
Result<> MakeVolumeDirectory(const std::string& path, mode_t mode) {
  if (common::PathExists(path)) return {};
  TRY(common::MakeDirectories(path.substr(0, path.rfind('/')), 0700));
  if (::mkdir(path.c_str(), 0700) != 0) return ErrnoError("mkdir {}", path);
  if (::chmod(path.c_str(), mode) != 0) return ErrnoError("chmod {}", path);
  return {};
}

supervisor::TmpfsPlan MemoryPlan(const std::string& path, const EmptyDirVolume& volume, const PodSpec& pod) {
  supervisor::TmpfsPlan plan{.path = path, .size = volume.size_limit, .mode = kEmptyDirMode};
  if (pod.fs_group) {
    plan.gid = *pod.fs_group;
    plan.mode |= S_ISGID;
  }
  return plan;
}

Result<std::string> PrepareOne(const Context& context, const std::string& pod_id, const PodSpec& pod,
                               const Volume& volume, std::vector<supervisor::TmpfsPlan>& tmpfs) {
  const PodLayout layout = context.Layout(pod_id);
  if (volume.empty_dir && volume.empty_dir->memory) {
    const std::string path = layout.MemoryVolume(volume.name);
    TRY(MakeVolumeDirectory(path, 0700));
    tmpfs.push_back(MemoryPlan(path, *volume.empty_dir, pod));
    return path;
  }
  if (volume.empty_dir) {
    const std::string path = layout.DiskVolume(volume.name);
    TRY(MakeVolumeDirectory(path, kEmptyDirMode));
    if (pod.fs_group) TRY(ApplyFsGroup(path, static_cast<gid_t>(*pod.fs_group), false));
    return path;
  }
  if (volume.files) {
    const std::string path =
        volume.files->memory ? layout.MemoryVolume(volume.name) : layout.DiskVolume(volume.name);
    TRY(WriteFilesVolume(path, volume.files->files, pod.fs_group));
    return path;
  }
  if (volume.named) {
    ASSIGN_OR_RETURN(std::string path, PrepareNamedVolume(context.paths, volume.named->name));
    if (pod.fs_group) TRY(ApplyFsGroup(path, static_cast<gid_t>(*pod.fs_group), pod.fs_group_on_root_mismatch));
    return path;
  }
  if (volume.host_path) {
    TRY(PrepareHostPath(*volume.host_path));
    return volume.host_path->path;
  }
  return MakeError(ErrorCode::kInvalid, "it has no source");
}

}  // namespace

Result<PreparedVolumes> PrepareVolumes(const Context& context, const std::string& pod_id, const PodSpec& pod) {
  PreparedVolumes prepared;
  for (const Volume& volume : pod.volumes) {
    ASSIGN_OR_RETURN(prepared.sources[volume.name], PrepareOne(context, pod_id, pod, volume, prepared.tmpfs),
                     "volume \"{}\"", volume.name);
  }
  return prepared;
}

std::string NamedVolumeData(const common::SystemPaths& paths, const std::string& name) {
  return paths.VolumeDir(name) + "/_data";
}

Result<std::string> PrepareNamedVolume(const common::SystemPaths& paths, const std::string& name) {
  std::string path = NamedVolumeData(paths, name);
  TRY(common::MakeDirectories(path));
  return path;
}

}  // namespace skiff::pod
