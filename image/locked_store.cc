#include "image/locked_store.h"

#include <algorithm>

#include "common/file.h"
#include "common/ids.h"

namespace skiff::image {
namespace {

using common::ErrorCode;
using common::JsonValue;
using common::MakeError;
using common::Result;

bool Contains(const std::vector<std::string>& list, std::string_view item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

bool IsIncomplete(const JsonValue& layer) {
  const JsonValue* flags = common::FindObject(layer, "flags");
  return flags != nullptr && common::GetBool(*flags, "incomplete");
}

void MarkIncomplete(RecordFile& file, JsonValue& layer) {
  JsonValue flags(rapidjson::kObjectType);
  flags.AddMember("incomplete", true, file.allocator());
  file.Set(layer, "flags", std::move(flags));
}

std::vector<std::string> TopLayers(const JsonValue& image) {
  std::vector<std::string> tops = common::GetStrings(image, "mapped-layers");
  const std::string_view layer = common::GetString(image, "layer");
  if (!layer.empty()) tops.emplace_back(layer);
  return tops;
}

Result<bool> IsMounted(const StorageLayout& layout, std::string_view id) {
  ASSIGN_OR_RETURN(const RecordFile mounts, RecordFile::Load(layout.MountPointsJson()));
  const JsonValue* mount = mounts.FindById(id);
  return mount != nullptr && common::GetInt(*mount, "count") > 0;
}

}  // namespace

Result<LockedStore> LockedStore::Acquire(const StorageLayout& layout, const StagingDir& trash) {
  constexpr auto kExclusive = StorageLock::Mode::kExclusive;
  ASSIGN_OR_RETURN(StorageLock layers, StorageLock::Acquire(layout.LayersLock(), kExclusive));
  ASSIGN_OR_RETURN(StorageLock images, StorageLock::Acquire(layout.ImagesLock(), kExclusive));
  ASSIGN_OR_RETURN(StorageLock containers, StorageLock::Acquire(layout.ContainersLock(), kExclusive));
  LockedStore store(layout, trash, std::move(layers), std::move(images), std::move(containers));
  TRY(store.LoadRecords());
  // Whoever makes a layer holds layers.lock until it is complete, so an incomplete one has no maker any more.
  std::vector<std::string> leftovers;
  for (const auto& layer : store.layers_.records().GetArray())
    if (IsIncomplete(layer)) leftovers.emplace_back(common::GetString(layer, "id"));
  if (!leftovers.empty()) TRY(store.RemoveLayers(leftovers));
  return store;
}

Result<> LockedStore::LoadRecords() {
  ASSIGN_OR_RETURN(layers_, RecordFile::Load(layout_.LayersJson()));
  ASSIGN_OR_RETURN(volatile_layers_, RecordFile::Load(layout_.VolatileLayersJson()));
  ASSIGN_OR_RETURN(images_, RecordFile::Load(layout_.ImagesJson()));
  ASSIGN_OR_RETURN(containers_, RecordFile::Load(layout_.ContainersJson()));
  ASSIGN_OR_RETURN(volatile_containers_, RecordFile::Load(layout_.VolatileContainersJson()));
  return {};
}

Result<> LockedStore::SaveLayers() {
  TRY(layers_lock_.AnnounceChange());
  return layers_.Save();
}

Result<> LockedStore::SaveImages() {
  TRY(images_lock_.AnnounceChange());
  return images_.Save();
}

std::string LockedStore::ContainerUsing(std::string_view image_id) const {
  for (const RecordFile* file : {&containers_, &volatile_containers_})
    for (const auto& container : file->records().GetArray()) {
      if (common::GetString(container, "image") != image_id) continue;
      const auto names = common::GetStrings(container, "names");
      return names.empty() ? std::string(common::GetString(container, "id").substr(0, 12)) : names.front();
    }
  return {};
}

void LockedStore::AddName(JsonValue& image, const std::string& name) {
  const auto without = [&](JsonValue& record, const char* member) {
    auto list = common::GetStrings(record, member);
    list.erase(std::remove(list.begin(), list.end(), name), list.end());
    return list;
  };
  for (auto& other : images_.records().GetArray())
    if (&other != &image && common::FindArray(other, "names") != nullptr)
      images_.SetStrings(other, "names", without(other, "names"));
  auto names = without(image, "names");
  names.push_back(name);
  images_.SetStrings(image, "names", names);
  auto history = without(image, "names-history");
  history.insert(history.begin(), name);
  images_.SetStrings(image, "names-history", history);
}

Result<> LockedStore::RemoveImage(const std::string& image_id) {
  const JsonValue* image = images_.FindById(image_id);
  if (image == nullptr) return MakeError(ErrorCode::kNotFound, "image {} is not in the local store", image_id);
  if (const std::string user = ContainerUsing(image_id); !user.empty())
    return MakeError(ErrorCode::kBusy, "image {} is in use by container \"{}\"; remove the container first",
                     image_id.substr(0, 12), user);
  const auto tops = TopLayers(*image);
  for (const auto& top : tops) {
    ASSIGN_OR_RETURN(const bool mounted, IsMounted(layout_, top));
    if (mounted) return MakeError(ErrorCode::kBusy, "image {} is mounted; run `skiff image unmount` first", image_id.substr(0, 12));
  }
  images_.RemoveById(image_id);
  const auto unneeded = UnneededLayers(tops);
  TRY(trash_->WriteJournal({{unneeded.rbegin(), unneeded.rend()}, {image_id}}));
  TRY(SaveImages());
  TRY(common::RemoveTree(layout_.ImageDir(image_id)));
  return RemoveLayers(unneeded);
}

Result<> LockedStore::Recover(const StagingDir::Journal& journal) {
  for (const auto& id : journal.images)
    if (images_.FindById(id) == nullptr) TRY(common::RemoveTree(layout_.ImageDir(id)));
  std::vector<std::string> unneeded;
  // Only these: a layer below may be one that another program has just brought and not given to an image yet.
  for (auto id = journal.layers.rbegin(); id != journal.layers.rend(); ++id)
    if (layers_.FindById(*id) != nullptr && !IsLayerNeeded(*id, unneeded)) unneeded.push_back(*id);
  return RemoveLayers(unneeded);
}

std::vector<std::string> LockedStore::UnneededLayers(const std::vector<std::string>& tops) const {
  std::vector<std::string> going;
  for (const auto& top : tops) {
    std::string id = top;
    while (!id.empty() && !Contains(going, id) && !IsLayerNeeded(id, going)) {
      const JsonValue* layer = layers_.FindById(id);
      if (layer == nullptr) break;
      going.push_back(id);
      id = common::GetString(*layer, "parent");
    }
  }
  return going;
}

bool LockedStore::IsLayerNeeded(std::string_view id, const std::vector<std::string>& going) const {
  for (const auto& image : images_.records().GetArray())
    if (Contains(TopLayers(image), id)) return true;
  for (const RecordFile* file : {&layers_, &volatile_layers_})
    for (const auto& layer : file->records().GetArray())
      if (common::GetString(layer, "parent") == id && !Contains(going, common::GetString(layer, "id"))) return true;
  for (const RecordFile* file : {&containers_, &volatile_containers_})
    for (const auto& container : file->records().GetArray())
      if (common::GetString(container, "layer") == id) return true;
  return false;
}

Result<> LockedStore::RemoveLayers(const std::vector<std::string>& ids) {
  if (ids.empty()) return {};
  for (const auto& id : ids)
    if (JsonValue* layer = layers_.FindById(id)) MarkIncomplete(layers_, *layer);
  TRY(SaveLayers());
  for (const auto& id : ids) {
    TRY(MoveLayerFilesToTrash(id));
    layers_.RemoveById(id);
  }
  return SaveLayers();
}

Result<> LockedStore::MoveLayerFilesToTrash(const std::string& id) {
  const std::string directory = layout_.LayerDir(id);
  if (const auto link = common::ReadFile(directory + "/link"); link && link->find('/') == std::string::npos)
    TRY(common::RemoveFile(layout_.ShortLink(*link)));
  const std::string target = fmt::format("{}/{}-{}", trash_->path(), id, common::RandomHex(8));
  if (auto moved = layout_.MoveInOverlay(directory, target); !moved && moved.error().code() != ErrorCode::kNotFound)
    return std::move(moved).error();
  TRY(common::RemoveFile(layout_.TarSplit(id)));
  return common::RemoveTree(layout_.LayerData(id));
}

Result<> CollectLeftovers(const StorageLayout& layout) {
  // Their destructors remove them, after the locks are free again.
  const auto leftovers = StagingDir::Leftovers(layout);
  for (const auto& leftover : leftovers) {
    ASSIGN_OR_RETURN(const auto journal, leftover.ReadJournal(), "what a killed skiff left");
    if (journal.layers.empty() && journal.images.empty()) continue;
    ASSIGN_OR_RETURN(LockedStore store, LockedStore::Acquire(layout, leftover));
    TRY(store.Recover(journal), "remove what a killed skiff left");
  }
  return {};
}

}  // namespace skiff::image
