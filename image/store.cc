#include "image/store.h"

#include <fcntl.h>
#include <unistd.h>

#include "common/file.h"
#include "image/finder.h"
#include "image/image_config.h"
#include "image/snapshot.h"

namespace skiff::image {
namespace {

using common::ErrorCode;
using common::ErrnoError;
using common::MakeError;
using common::Result;

constexpr size_t kBlobLimit = 16u << 20;  // bytes of a configuration or manifest

// A missing overlay/l/ link is made again from the layer's own record of it, as podman does.
Result<std::string> ShortPath(const StorageLayout& layout, const std::string& layer) {
  const std::string file = layout.LayerDir(layer) + "/link";
  ASSIGN_OR_RETURN(const std::string link, common::ReadFile(file));
  if (link.empty() || link.find('/') != std::string::npos) return MakeError(ErrorCode::kInvalid, "{}: not a name", file);
  const std::string path = layout.ShortLink(link);
  if (common::PathExists(path)) return path;
  const std::string target = fmt::format("../{}/diff", layer);
  if (::symlink(target.c_str(), path.c_str()) != 0 && errno != EEXIST) return ErrnoError("create {}", path);
  return path;
}

}  // namespace

Store::Store(const common::SystemPaths& paths)
    : paths_(paths), cache_(std::make_shared<SnapshotCache>(StorageLayout(paths))) {}

Result<Image> Store::Find(const std::string& reference) const {
  ASSIGN_OR_RETURN(const auto snapshot, cache_->Get());
  ASSIGN_OR_RETURN(const Match match, FindImage(*snapshot, paths_, reference));
  Image image = match.image->image;
  const std::string path = StorageLayout(paths_).ImageData(image.id, match.image->config_key);
  if (image.top_layer.empty() && !common::PathExists(path))
    return MakeError(ErrorCode::kUnsupported, "\"{}\" is a manifest list of podman or buildah; use it with 'podman manifest'", reference);
  ASSIGN_OR_RETURN(const std::string config, common::ReadFile(path, kBlobLimit), "image \"{}\" has no configuration", reference);
  TRY(DecodeImageConfig(config, path, image));
  return image;
}

Result<std::vector<Image>> Store::List() const {
  ASSIGN_OR_RETURN(const auto snapshot, cache_->Get());
  std::vector<Image> images;
  for (const auto& stored : snapshot->images) {
    Image& image = images.emplace_back(stored.image);
    const std::string path = StorageLayout(paths_).ImageData(image.id, stored.config_key);
    const auto config = common::ReadFile(path, kBlobLimit);
    // Manifest lists have no configuration, and one broken image must not hide the others.
    if (config) (void)DecodeImageConfig(*config, path, image);
  }
  return images;
}

Result<std::string> Store::ReadConfig(const Image& image) const {
  ASSIGN_OR_RETURN(const auto snapshot, cache_->Get());
  for (const auto& stored : snapshot->images)
    if (stored.image.id == image.id)
      return common::ReadFile(StorageLayout(paths_).ImageData(image.id, stored.config_key), kBlobLimit);
  return MakeError(ErrorCode::kNotFound, "image {} is no longer in the local store", image.id);
}

Result<std::string> Store::ReadManifestList(const std::string& reference) const {
  ASSIGN_OR_RETURN(const auto snapshot, cache_->Get());
  ASSIGN_OR_RETURN(const Match match, FindImage(*snapshot, paths_, reference));
  const Image& image = match.image->image;
  if (image.top_layer.empty() && !common::PathExists(StorageLayout(paths_).ImageData(image.id, match.image->config_key)))
    return ReadManifest(image);
  return MakeError(ErrorCode::kNotFound, "\"{}\" is no manifest list", reference);
}

Result<std::string> Store::ReadManifest(const Image& image) const {
  return common::ReadFile(StorageLayout(paths_).ImageData(image.id, "manifest"), kBlobLimit);
}

Result<std::vector<std::string>> Store::LowerDirs(const Image& image) const {
  ASSIGN_OR_RETURN(const auto snapshot, cache_->Get());
  ASSIGN_OR_RETURN(const auto chain, snapshot->Chain(image.top_layer), "image {}", image.id);
  const StorageLayout layout(paths_);
  std::vector<std::string> directories;
  for (const auto& layer : chain) {
    ASSIGN_OR_RETURN(directories.emplace_back(), ShortPath(layout, layer), "image {}", image.id);
  }
  return directories;
}

Result<std::vector<Store::Layer>> Store::Layers(const Image& image) const {
  ASSIGN_OR_RETURN(const auto snapshot, cache_->Get());
  ASSIGN_OR_RETURN(const auto chain, snapshot->Chain(image.top_layer), "image {}", image.id);
  std::vector<Layer> layers;
  for (auto id = chain.rbegin(); id != chain.rend(); ++id) layers.push_back({*id, snapshot->layers.find(*id)->second.size});
  return layers;
}

}  // namespace skiff::image
