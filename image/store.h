// The containers/storage overlay store that podman, buildah, skopeo and CRI-O use (formats.md 1). This part only reads
// it and changes its records; unpacking images is the work of skiff-transfer.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/result.h"
#include "common/system_paths.h"
#include "image/image.h"

namespace skiff::image {

class SnapshotCache;

// Threads may share one Store. Reading takes no locks and never waits for a pull of podman's.
class Store {
 public:
  explicit Store(const common::SystemPaths& paths);

  // By name as a user writes it (formats.md 2.2: alias, localhost/, search registries, docker.io), id or unique id prefix,
  // digest. kNotFound names what was tried and how to get the image; kInvalid: ambiguous or not a reference.
  common::Result<Image> Find(const std::string& reference) const;
  common::Result<std::vector<Image>> List() const;
  // The whole configuration and manifest as stored, JSON text (for `image inspect`).
  common::Result<std::string> ReadConfig(const Image& image) const;
  common::Result<std::string> ReadManifest(const Image& image) const;
  // One that `podman manifest create` has made, which has images and is none: Find refuses it. kNotFound: there is none.
  common::Result<std::string> ReadManifestList(const std::string& reference) const;

  // The layers' directories, top first, ready for overlay's lowerdir; short (through overlay/l/) as the kernel's option
  // page is limited.
  common::Result<std::vector<std::string>> LowerDirs(const Image& image) const;

  // The image's layers, lowest first.
  struct Layer {
    std::string id;
    int64_t size = 0;  // bytes, uncompressed; -1: not recorded
  };
  common::Result<std::vector<Layer>> Layers(const Image& image) const;

  // Removes one name, and with the last one (or by id) the image and every layer that nobody else needs. kBusy: a container
  // uses it; kInvalid: by id, with several names, without `force`.
  struct Removed {
    std::vector<std::string> untagged;  // names
    std::vector<std::string> deleted;   // image ids
  };
  common::Result<Removed> Remove(const std::string& reference, bool force);
  common::Result<> Tag(const Image& image, const std::string& name);
  // Takes these names off it, or all when there are none. kNotFound: one is not the image's; then nothing is changed.
  common::Result<> Untag(const Image& image, const std::vector<std::string>& names);

  // The image's files, read-only, at a place that podman knows too (formats.md 1.4, mountpoints.json); a second mount is
  // counted. Unmount gives the last one back, or all with `force`; false when it was not mounted.
  common::Result<std::string> Mount(const Image& image);
  common::Result<bool> Unmount(const Image& image, bool force);
  // Where it is mounted; empty: it is not.
  common::Result<std::string> MountPoint(const Image& image) const;

  // One holder record per image in containers.json makes podman refuse to remove an image that our containers use
  // (spine.md 8). Hold is idempotent; Release drops it.
  common::Result<> Hold(const std::string& image_id);
  common::Result<> Release(const std::string& image_id);

 private:
  common::SystemPaths paths_;
  std::shared_ptr<SnapshotCache> cache_;
};

}  // namespace skiff::image
