// Images mounted read-only, counted in mountpoints.json so that podman and skiff know of each other's.
#include <fcntl.h>
#include <sys/mount.h>

#include "common/file.h"
#include "common/user_namespace.h"
#include "image/record_file.h"
#include "image/storage_layout.h"
#include "image/storage_lock.h"
#include "image/store.h"

namespace skiff::image {
namespace {

using common::ErrnoError;
using common::ErrorCode;
using common::JsonValue;
using common::MakeError;
using common::Result;
using common::UniqueFd;

// podman makes the folder a mount of its own that passes nothing on. Were it done after ours, it would hide it.
Result<> PrepareFolder(const std::string& folder) {
  ASSIGN_OR_RETURN(const std::string mounts, common::ReadFile("/proc/self/mountinfo"));
  if (mounts.find(" " + folder + " ") != std::string::npos) return {};
  if (::mount(folder.c_str(), folder.c_str(), "bind", MS_BIND, nullptr) != 0 ||
      ::mount("none", folder.c_str(), nullptr, MS_PRIVATE, nullptr) != 0)
    return ErrnoError("make {} a mount of its own", folder);
  return {};
}

// Layers by descriptor: the kernel takes one page of options.
Result<> MountLayers(const std::vector<std::string>& layers, const std::string& target) {
  std::vector<UniqueFd> open;
  std::string options = "lowerdir=";
  for (const auto& layer : layers) {
    ASSIGN_OR_RETURN(open.emplace_back(), common::Open(layer, O_PATH | O_DIRECTORY));
    options += fmt::format("{}/proc/self/fd/{}", open.size() == 1 ? "" : ":", open.back().get());
  }
  if (common::UserNamespace::Current()) options += ",userxattr";
  if (::mount("overlay", target.c_str(), "overlay", MS_RDONLY, options.c_str()) != 0) return ErrnoError("mount {}", target);
  return {};
}

Result<> SaveMounts(StorageLock& lock, const RecordFile& mounts) {
  TRY(lock.AnnounceChange());
  return mounts.Save();
}

}  // namespace

Result<std::string> Store::Mount(const Image& image) {
  if (image.top_layer.empty()) return MakeError(ErrorCode::kInvalid, "image {} has no layers to mount", image.id.substr(0, 12));
  const StorageLayout layout(paths_);
  TRY(common::MakeDirectories(paths_.storage_run + "/overlay-layers", 0700));
  // A remover holds layers.lock, so the layers cannot go between the look and the record.
  ASSIGN_OR_RETURN(const StorageLock layers_lock, StorageLock::Acquire(layout.LayersLock(), StorageLock::Mode::kShared));
  ASSIGN_OR_RETURN(StorageLock lock, StorageLock::Acquire(layout.MountPointsLock(), StorageLock::Mode::kExclusive));
  ASSIGN_OR_RETURN(RecordFile mounts, RecordFile::Load(layout.MountPointsJson()));
  if (JsonValue* known = mounts.FindById(image.top_layer); known != nullptr && common::GetInt(*known, "count") > 0) {
    mounts.Set(*known, "count", JsonValue(common::GetInt(*known, "count") + 1));
    const std::string path(common::GetString(*known, "path"));
    TRY(SaveMounts(lock, mounts));
    return path;
  }
  ASSIGN_OR_RETURN(auto layers, LowerDirs(image));
  // Overlayfs wants two; podman keeps an empty directory beside each lowest layer for this.
  if (layers.size() == 1) {
    layers.push_back(layout.LayerDir(image.top_layer) + "/empty");
    TRY(common::MakeDirectories(layers.back(), 0700));
  }
  TRY(PrepareFolder(layout.Overlay()));
  const std::string target = layout.LayerDir(image.top_layer) + "/merged";
  TRY(common::MakeDirectories(target, 0700));
  TRY(MountLayers(layers, target));
  mounts.RemoveById(image.top_layer);
  JsonValue record(rapidjson::kObjectType);
  mounts.Set(record, "id", image.top_layer);
  mounts.Set(record, "path", target);
  mounts.Set(record, "count", JsonValue(1));
  mounts.Add(std::move(record));
  if (auto saved = SaveMounts(lock, mounts); !saved) {
    ::umount2(target.c_str(), MNT_DETACH);
    return std::move(saved).error();
  }
  return target;
}

Result<bool> Store::Unmount(const Image& image, bool force) {
  const StorageLayout layout(paths_);
  if (!common::PathExists(layout.MountPointsJson())) return false;
  ASSIGN_OR_RETURN(StorageLock lock, StorageLock::Acquire(layout.MountPointsLock(), StorageLock::Mode::kExclusive));
  ASSIGN_OR_RETURN(RecordFile mounts, RecordFile::Load(layout.MountPointsJson()));
  JsonValue* known = mounts.FindById(image.top_layer);
  const int64_t count = known != nullptr ? common::GetInt(*known, "count") : 0;
  if (count <= 0) return false;
  if (count > 1 && !force) {
    mounts.Set(*known, "count", JsonValue(count - 1));
    TRY(SaveMounts(lock, mounts));
    return true;
  }
  const std::string path(common::GetString(*known, "path"));
  // What is not mounted any more (another mount namespace, a reboot) needs no unmounting.
  if (::umount2(path.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) != 0 && errno != EINVAL && errno != ENOENT)
    return ErrnoError("unmount {}", path);
  mounts.RemoveById(image.top_layer);
  TRY(SaveMounts(lock, mounts));
  return true;
}

Result<std::string> Store::MountPoint(const Image& image) const {
  ASSIGN_OR_RETURN(const RecordFile mounts, RecordFile::Load(StorageLayout(paths_).MountPointsJson()));
  const JsonValue* known = mounts.FindById(image.top_layer);
  return known != nullptr && common::GetInt(*known, "count") > 0 ? std::string(common::GetString(*known, "path")) : std::string();
}

}  // namespace skiff::image
