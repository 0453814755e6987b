// The store with all its locks held for writing, and its records in memory.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "image/record_file.h"
#include "image/staging.h"
#include "image/storage_layout.h"
#include "image/storage_lock.h"

namespace skiff::image {

class LockedStore {
 public:
  // Takes layers.lock, images.lock and containers.lock in this order and removes layers that a killed program left
  // incomplete; their files move into `trash`.
  static common::Result<LockedStore> Acquire(const StorageLayout& layout, const StagingDir& trash);

  RecordFile& layers() { return layers_; }
  RecordFile& images() { return images_; }
  const RecordFile& layers() const { return layers_; }
  const RecordFile& images() const { return images_; }

  // Token, then file.
  common::Result<> SaveLayers();
  common::Result<> SaveImages();

  // The container record that uses the image; empty if none does.
  std::string ContainerUsing(std::string_view image_id) const;

  // Deletes the image's record and files, then its layers upward until one is needed by another image, a child layer or a
  // container. kBusy: a container uses the image or one of its layers is mounted.
  common::Result<> RemoveImage(const std::string& image_id);

  // For layers that were being added when something failed.
  common::Result<> RemoveLayers(const std::vector<std::string>& ids);

  // Finishes or undoes what a killed process had begun: of its layers and images goes what nobody needs.
  common::Result<> Recover(const StagingDir::Journal& journal);

  // Gives the image a full name and takes it off every other image.
  void AddName(common::JsonValue& image, const std::string& name);

 private:
  LockedStore(StorageLayout layout, const StagingDir& trash, StorageLock layers_lock, StorageLock images_lock,
              StorageLock containers_lock)
      : layout_(std::move(layout)),
        trash_(&trash),
        layers_lock_(std::move(layers_lock)),
        images_lock_(std::move(images_lock)),
        containers_lock_(std::move(containers_lock)) {}

  common::Result<> LoadRecords();
  std::vector<std::string> UnneededLayers(const std::vector<std::string>& tops) const;
  bool IsLayerNeeded(std::string_view id, const std::vector<std::string>& going) const;
  common::Result<> MoveLayerFilesToTrash(const std::string& id);

  StorageLayout layout_;
  const StagingDir* trash_;
  StorageLock layers_lock_, images_lock_, containers_lock_;
  RecordFile layers_, volatile_layers_, images_, containers_, volatile_containers_;
};

// Removes what killed processes left in the store and beside it. Takes the store's locks only where one was killed while it
// changed records; not to be called under them, as removing may take long.
common::Result<> CollectLeftovers(const StorageLayout& layout);

}  // namespace skiff::image
