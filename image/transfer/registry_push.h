// Pushing stored images to registries (distribution specification; formats.md 3.3).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/result.h"
#include "common/system_paths.h"
#include "image/registry_request.h"
#include "image/transfer/event_writer.h"
#include "image/transfer/layer_export.h"
#include "image/transfer/manifest.h"
#include "image/transfer/registry_access.h"

namespace skiff::image {

class RegistryPush {
 public:
  // Keeps references to both.
  static common::Result<RegistryPush> Prepare(const common::SystemPaths& paths, const RegistryRequest& request);

  // The digest of the manifest as it is at the registry.
  common::Result<std::string> Run();

 private:
  struct Blob {
    Descriptor descriptor;
    bool changed = false;  // not what the stored manifest says
  };

  RegistryPush(const common::SystemPaths& paths, const RegistryRequest& request) : paths_(paths), request_(request), layout_(paths) {}

  common::Result<> ReadImage();
  common::Result<Blob> PushLayer(HttpClient& client, size_t index);
  common::Result<std::vector<Blob>> PushLayers();
  common::Result<bool> IsThere(HttpClient& client, const std::string& digest);
  common::Result<bool> Mount(HttpClient& client, const std::string& digest);
  common::Result<> PushConfig(HttpClient& client);
  // Streams a blob whose digest is known only at its end; the upload's place, then the digest, end it.
  common::Result<std::string> StartUpload(HttpClient& client);
  common::Result<Descriptor> Upload(HttpClient& client, ByteSource& source, const std::string& media_type,
                                    const std::string& shown_digest, int64_t shown_size);
  common::Result<std::string> MakeManifest(const std::vector<Blob>& layers) const;
  common::Result<std::string> PutManifest(HttpClient& client, const std::string& manifest);
  std::string Scope() const;
  std::string Url(const std::string& rest) const { return "/v2/" + repository_.source.repository + rest; }

  const common::SystemPaths& paths_;
  const RegistryRequest& request_;
  StorageLayout layout_;
  RemoteRepository repository_;
  std::string tag_;
  std::vector<std::string> mount_from_;  // repositories of the same registry that may have the blobs
  std::string config_, manifest_;
  std::string media_type_;         // of the stored manifest
  std::string wanted_type_;        // of what is pushed
  ManifestParts parts_;
  std::vector<StoredLayer> layers_;
  std::unique_ptr<HttpPool> pool_;
  std::unique_ptr<EventWriter> events_;
};

}  // namespace skiff::image
