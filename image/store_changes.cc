// What changes the store's records: removing, tagging, holding.
#include <fmt/ranges.h>

#include <algorithm>

#include "common/clock.h"
#include "common/file.h"
#include "common/ids.h"
#include "image/finder.h"
#include "image/held_images.h"
#include "image/locked_store.h"
#include "image/reference.h"
#include "image/snapshot.h"
#include "image/store.h"

namespace skiff::image {
namespace {

using common::ErrorCode;
using common::JsonValue;
using common::MakeError;
using common::Result;

const JsonValue* FindHolder(const RecordFile& containers, const std::string& image_id) {
  for (const auto& record : containers.records().GetArray()) {
    if (common::GetString(record, "image") == image_id && IsHolder(record)) return &record;
  }
  return nullptr;
}

JsonValue MakeHolder(RecordFile& containers, const std::string& image_id) {
  JsonValue record(rapidjson::kObjectType);
  containers.Set(record, "id", common::NewId());
  containers.SetStrings(record, "names", {HolderName(image_id)});
  containers.Set(record, "image", image_id);
  containers.Set(record, "layer", "");
  containers.Set(record, "metadata", "{}");
  containers.Set(record, "created", common::FormatTime(common::Now(), true));
  containers.Set(record, "flags", JsonValue(rapidjson::kObjectType));
  return record;
}

}  // namespace

Result<Store::Removed> Store::Remove(const std::string& reference, bool force) {
  {
    // Before any lock or folder is made.
    ASSIGN_OR_RETURN(const auto snapshot, cache_->Get());
    TRY(FindImage(*snapshot, paths_, reference));
  }
  const StorageLayout layout(paths_);
  TRY(CollectLeftovers(layout));
  ASSIGN_OR_RETURN(const StagingDir trash, StagingDir::Create(layout));
  ASSIGN_OR_RETURN(LockedStore store, LockedStore::Acquire(layout, trash));
  ASSIGN_OR_RETURN(const auto snapshot, Snapshot::Load(layout));
  ASSIGN_OR_RETURN(const Match match, FindImage(*snapshot, paths_, reference));
  const Image& image = match.image->image;
  Removed removed;
  if (!match.name.empty() && image.names.size() > 1) {
    auto names = image.names;
    names.erase(std::remove(names.begin(), names.end(), match.name), names.end());
    store.images().SetStrings(*store.images().FindById(image.id), "names", names);
    TRY(store.SaveImages());
    removed.untagged.push_back(match.name);
    return removed;
  }
  if (image.names.size() > 1 && !force)
    return MakeError(ErrorCode::kInvalid,
                     "unable to delete image \"{}\" by ID with more than one tag ([{}]): remove the names one by one, or all with "
                     "--force",
                     reference, fmt::join(image.names, " "));
  TRY(store.RemoveImage(image.id));
  removed.untagged = image.names;
  removed.deleted.push_back(image.id);
  return removed;
}

Result<> Store::Tag(const Image& image, const std::string& name) {
  ASSIGN_OR_RETURN(const std::string full, NormalizeNewName(name));
  const StorageLayout layout(paths_);
  ASSIGN_OR_RETURN(const StagingDir trash, StagingDir::Create(layout));
  ASSIGN_OR_RETURN(LockedStore store, LockedStore::Acquire(layout, trash));
  JsonValue* record = store.images().FindById(image.id);
  if (record == nullptr) return MakeError(ErrorCode::kNotFound, "image {} is no longer in the local store", image.id);
  store.AddName(*record, full);
  return store.SaveImages();
}

Result<> Store::Untag(const Image& image, const std::vector<std::string>& names) {
  const StorageLayout layout(paths_);
  ASSIGN_OR_RETURN(const StagingDir trash, StagingDir::Create(layout));
  ASSIGN_OR_RETURN(LockedStore store, LockedStore::Acquire(layout, trash));
  JsonValue* record = store.images().FindById(image.id);
  if (record == nullptr) return MakeError(ErrorCode::kNotFound, "image {} is no longer in the local store", image.id);
  auto left = common::GetStrings(*record, "names");
  for (const auto& name : names) {
    ASSIGN_OR_RETURN(const std::string full, NormalizeNewName(name));
    const auto found = std::find(left.begin(), left.end(), full);
    if (found == left.end())
      return MakeError(ErrorCode::kNotFound, "{}: tag not known: image {} does not have this name", name, image.id.substr(0, 12));
    left.erase(found);
  }
  if (names.empty()) left.clear();
  store.images().SetStrings(*record, "names", left);
  return store.SaveImages();
}

Result<> Store::Hold(const std::string& image_id) {
  const StorageLayout layout(paths_);
  // Nearly every start finds the record there and needs no lock.
  ASSIGN_OR_RETURN(const RecordFile current, RecordFile::Load(layout.ContainersJson()));
  if (FindHolder(current, image_id) != nullptr) return {};
  TRY(layout.MakeFolders());
  // A remover holds images.lock while it looks for containers, so the image cannot go between the check and the record.
  ASSIGN_OR_RETURN(const StorageLock images_lock, StorageLock::Acquire(layout.ImagesLock(), StorageLock::Mode::kShared));
  ASSIGN_OR_RETURN(StorageLock lock, StorageLock::Acquire(layout.ContainersLock(), StorageLock::Mode::kExclusive));
  ASSIGN_OR_RETURN(const RecordFile images, RecordFile::Load(layout.ImagesJson()));
  if (images.FindById(image_id) == nullptr)
    return MakeError(ErrorCode::kNotFound, "image {} is no longer in the local store", image_id);
  ASSIGN_OR_RETURN(RecordFile containers, RecordFile::Load(layout.ContainersJson()));
  if (FindHolder(containers, image_id) != nullptr) return {};
  containers.Add(MakeHolder(containers, image_id));
  TRY(lock.AnnounceChange());
  return containers.Save();
}

Result<> Store::Release(const std::string& image_id) {
  const StorageLayout layout(paths_);
  if (!common::PathExists(layout.ContainersJson())) return {};
  ASSIGN_OR_RETURN(StorageLock lock, StorageLock::Acquire(layout.ContainersLock(), StorageLock::Mode::kExclusive));
  ASSIGN_OR_RETURN(RecordFile containers, RecordFile::Load(layout.ContainersJson()));
  const JsonValue* holder = FindHolder(containers, image_id);
  if (holder == nullptr) return {};
  containers.RemoveById(std::string(common::GetString(*holder, "id")));
  TRY(lock.AnnounceChange());
  return containers.Save();
}

}  // namespace skiff::image
