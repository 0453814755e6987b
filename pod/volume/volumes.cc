// Engine: named volumes.
#include <algorithm>

#include "common/clock.h"
#include "common/file.h"
#include "pod/context.h"
#include "pod/engine.h"
#include "pod/state/names.h"
#include "pod/volume/volume_setup.h"

namespace skiff::pod {

using common::ErrorCode;
using common::MakeError;
using common::Result;

namespace {

// "default/web" -> "web"; the implicit pod of `run` is known by its id.
std::string ShortUser(const std::string& unique_name) {
  return unique_name.starts_with("default/") ? unique_name.substr(8) : unique_name;
}

}  // namespace

Result<Engine::VolumeInfo> Engine::EnsureVolume(const std::string& name, const std::map<std::string, std::string>& labels) {
  if (!IsValidName(name)) {
    return MakeError(ErrorCode::kInvalid, "\"{}\" cannot be a volume's name: use letters, digits, '_', '.' and '-'", name);
  }
  ASSIGN_OR_RETURN(VolumeInfo volume, impl_->store->InsertVolume(
                                          {.name = name, .created = common::FormatTime(common::Now()), .labels = labels}));
  ASSIGN_OR_RETURN(volume.mount_point, PrepareNamedVolume(impl_->paths, name));
  return volume;
}

Result<std::vector<Engine::VolumeInfo>> Engine::ListVolumes() {
  ASSIGN_OR_RETURN(auto volumes, impl_->store->Volumes());
  for (VolumeInfo& volume : volumes) volume.mount_point = NamedVolumeData(impl_->paths, volume.name);
  return volumes;
}

Result<> Engine::RemoveVolume(const std::string& name, bool force) {
  ASSIGN_OR_RETURN(const auto users, impl_->store->VolumeUsers(name));
  if (force) {
    for (const std::string& user : users) {
      ASSIGN_OR_RETURN(const std::string pod, FindPod(user));
      TRY(RemovePod(pod, true), "remove volume {}", name);
    }
  } else if (!users.empty()) {
    return MakeError(ErrorCode::kBusy, "volume {} is used by pod {}: remove that first, or use --force", name,
                     ShortUser(users.front()));
  }
  TRY(impl_->store->DeleteVolume(name));
  return common::RemoveTree(impl_->paths.VolumeDir(name));
}

}  // namespace skiff::pod
