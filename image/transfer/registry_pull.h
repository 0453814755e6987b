// Pulling images from registries into the store.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/result.h"
#include "common/system_paths.h"
#include "image/registry_request.h"
#include "image/transfer.h"
#include "image/policy.h"
#include "image/transfer/event_writer.h"
#include "image/transfer/layer_export.h"
#include "image/transfer/lookaside.h"
#include "image/transfer/remote_image.h"

namespace skiff::image {

struct LayerSource;

class RegistryPull {
 public:
  // Keeps references to both. Reads all configuration, credentials and certificates: what comes after needs the store and
  // the network only.
  static common::Result<RegistryPull> Prepare(const common::SystemPaths& paths, const RegistryRequest& request);

  // What Run needs besides the store and the network: the folders of signatures, and gpgv to check them.
  std::vector<std::string> SignatureFolders() const { return lookaside_ ? lookaside_->Directories() : std::vector<std::string>(); }
  bool ChecksSignatures() const { return lookaside_.has_value(); }

  // One result per item, in order; each image is in the store as a whole or not at all. With all_tags: one image per tag.
  std::vector<common::Result<std::vector<LoadedImage>>> Run();

 private:
  // One full name that an item may stand for.
  struct Candidate {
    Reference reference;
    std::vector<RemoteRepository> repositories;  // mirrors first
  };
  struct Found {
    const RemoteRepository* repository = nullptr;
    const Candidate* candidate = nullptr;
    RemoteImage image;
  };
  struct Item {
    std::string name;
    std::vector<Candidate> candidates;
    std::vector<common::Error> refused;  // candidates that are blocked
  };

  RegistryPull(const common::SystemPaths& paths, const RegistryRequest& request, Platform platform);

  common::Result<std::vector<LoadedImage>> PullItemNow(const Item& item);
  common::Result<std::vector<LoadedImage>> PullAllTags(const Item& item);
  common::Result<LoadedImage> PullOne(const Item& item);
  common::Result<> CheckPolicy(const Found& found);
  common::Result<Found> Find(const Item& item);
  common::Result<Found> FindOnce(const Item& item);
  common::Result<LoadedImage> Fetch(const Item& item, const Found& found);
  common::Result<std::string> Config(const Item& item, const Found& found);
  LayerSource LayerFrom(const Item& item, const Found& found, size_t index, const std::string& diff_id);
  LayerSource LayerFromStore(const StoredLayer& layer) const;

  const common::SystemPaths& paths_;
  const RegistryRequest& request_;
  Platform platform_;
  std::shared_ptr<const Policy> policy_;
  std::optional<Lookaside> lookaside_;  // where a policy demands signatures
  RetryPolicy retry_;
  std::vector<Item> items_;
  std::unique_ptr<HttpPool> pool_;
  std::unique_ptr<EventWriter> events_;
  // How many blobs move at once, over all images.
  struct Slots;
  std::shared_ptr<Slots> slots_;
};

}  // namespace skiff::image
