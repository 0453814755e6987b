// What an archive says about the images in it: docker-archive, OCI layout, skopeo's "dir:" (formats.md 3.4).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/result.h"
#include "image/transfer/blob_store.h"

namespace skiff::image {

struct ArchivedLayer {
  std::string file;         // in the archive
  std::string diff_digest;
  std::string blob_digest;  // empty: not announced
  int64_t blob_size = -1;   // -1: not announced
};

enum class ArchiveKind { kDocker, kOci, kDirectory };

struct ArchivedImage {
  ArchiveKind kind = ArchiveKind::kOci;
  std::string config;
  std::string manifest;  // empty: a docker-archive has none
  std::string index;     // the nested list through which the manifest was chosen, or empty
  std::vector<ArchivedLayer> layers;  // lowest first
  std::vector<std::string> names;     // full
  std::vector<std::string> signatures;  // simple signing; only kDirectory has them
};

// kInvalid: neither of the formats, or damaged. `fallback_name` is for an OCI layout whose image has no name; may be empty.
common::Result<std::vector<ArchivedImage>> ReadImageArchive(const BlobStore& blobs, const std::string& fallback_name);

// The manifest that podman makes for an image of a docker-archive.
struct ManifestLayer {
  std::string digest;
  int64_t size = 0;
  bool is_gzip = false;  // told by the media type in OCI manifests; Docker's has one type for both
};
std::string MakeDockerManifest(const std::string& config, const std::vector<ManifestLayer>& layers);
std::string MakeOciManifest(const std::string& config, const std::vector<ManifestLayer>& layers,
                            const std::map<std::string, std::string>& annotations = {});

}  // namespace skiff::image
