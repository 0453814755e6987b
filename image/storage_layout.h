// Where containers/storage keeps things (formats.md 1.1, 1.2, 1.7).
#pragma once

#include <string>
#include <string_view>

#include "common/result.h"
#include "common/system_paths.h"

namespace skiff::image {

class StorageLayout {
 public:
  explicit StorageLayout(const common::SystemPaths& paths) : graph_(paths.graph_root), run_(paths.storage_run) {}

  std::string Overlay() const { return graph_ + "/overlay"; }
  std::string LayerDir(std::string_view id) const { return fmt::format("{}/overlay/{}", graph_, id); }
  std::string ShortLink(std::string_view link) const { return fmt::format("{}/overlay/l/{}", graph_, link); }

  std::string Layers() const { return graph_ + "/overlay-layers"; }
  std::string LayersJson() const { return graph_ + "/overlay-layers/layers.json"; }
  std::string VolatileLayersJson() const { return graph_ + "/overlay-layers/volatile-layers.json"; }
  std::string LayersLock() const { return graph_ + "/overlay-layers/layers.lock"; }
  std::string TarSplit(std::string_view id) const { return fmt::format("{}/overlay-layers/{}.tar-split.gz", graph_, id); }
  std::string LayerData(std::string_view id) const { return fmt::format("{}/overlay-layers/{}", graph_, id); }
  std::string MountPointsLock() const { return run_ + "/overlay-layers/mountpoints.lock"; }
  std::string MountPointsJson() const { return run_ + "/overlay-layers/mountpoints.json"; }

  std::string ImagesJson() const { return graph_ + "/overlay-images/images.json"; }
  std::string ImagesLock() const { return graph_ + "/overlay-images/images.lock"; }
  std::string ImageDir(std::string_view id) const { return fmt::format("{}/overlay-images/{}", graph_, id); }
  std::string ImageData(std::string_view id, std::string_view key) const {
    return ImageDir(id) + "/" + BigDataFileName(key);
  }

  std::string ContainersJson() const { return graph_ + "/overlay-containers/containers.json"; }
  std::string VolatileContainersJson() const { return graph_ + "/overlay-containers/volatile-containers.json"; }
  std::string ContainersLock() const { return graph_ + "/overlay-containers/containers.lock"; }

  // The folders that the first user of a store makes, with podman's modes.
  common::Result<> MakeFolders() const;

  // Moves a directory within the overlay folder. Both paths are taken from one descriptor, as podman mounts that folder onto
  // itself at any moment, and a rename may not cross a mount. kNotFound: `from` is not there.
  common::Result<> MoveInOverlay(const std::string& from, const std::string& to) const;

  // The key itself if it is digits, lower-case letters and dots, else '=' and its base64.
  static std::string BigDataFileName(std::string_view key);

 private:
  std::string graph_;
  std::string run_;
};

}  // namespace skiff::image
