// Writes stored images to an archive or a directory: docker-archive, OCI layout, and the plain folder of skopeo's "dir:".
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "common/result.h"
#include "image/storage_layout.h"
#include "image/transfer.h"
#include "image/transfer/archive_sink.h"
#include "image/transfer/image_archive.h"
#include "image/transfer/layer_export.h"

namespace skiff::image {

class ImageSaver {
 public:
  ImageSaver(StorageLayout layout, const SaveOptions& options, std::unique_ptr<ArchiveSink> sink)
      : layout_(std::move(layout)), options_(options), sink_(std::move(sink)) {}

  // All images, then what the format needs at its end.
  common::Result<> Save(const std::vector<SavedImage>& images);

 private:
  struct StoredImageText {
    std::string config;
    std::string manifest;
    std::vector<StoredLayer> layers;  // lowest first
  };

  common::Result<StoredImageText> ReadImage(const std::string& id) const;
  common::Result<std::string> AddToDockerArchive(const SavedImage& image);
  common::Result<std::string> AddToOciLayout(const SavedImage& image);
  common::Result<> WriteDirectory(const SavedImage& image);
  common::Result<std::vector<ManifestLayer>> AddBlobs(const std::vector<StoredLayer>& layers, bool compress,
                                                      const std::string& prefix);
  common::Result<SpooledBlob> SpoolLayer(const StoredLayer& layer, bool compress) const;
  common::Result<std::string> ExistingDescriptors(const std::vector<SavedImage>& images) const;

  StorageLayout layout_;
  SaveOptions options_;
  std::unique_ptr<ArchiveSink> sink_;
};

}  // namespace skiff::image
