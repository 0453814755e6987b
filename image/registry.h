// Registries, as the rest of skiff sees them: each call runs one skiff-transfer, the only program with a network library.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/result.h"
#include "common/system_paths.h"
#include "image/registry_request.h"
#include "image/transfer.h"
#include "image/transfer_event.h"

namespace skiff::image {

using EventSink = std::function<void(const TransferEvent&)>;

// One result per item of the request, in order; the outer error is for all of them. Nothing is asked of registries about images
// whose policy does not want it: that is for the caller (pull_policy.h).
common::Result<std::vector<common::Result<std::vector<LoadedImage>>>> PullImages(const common::SystemPaths& paths,
                                                                               const RegistryRequest& request, const EventSink& sink);

// The request's image_id goes to its one item; the digest that it has there.
common::Result<std::string> PushImage(const common::SystemPaths& paths, const RegistryRequest& request, const EventSink& sink);

// Whether the registry takes the credentials of the access. kPermission: it does not.
common::Result<> CheckLogin(const common::SystemPaths& paths, const RegistryRequest& request);

struct SearchResult {
  std::string index;  // the registry
  std::string name;   // with the registry
  std::string description;
  int64_t stars = 0;
  bool official = false;
  bool automated = false;
};
common::Result<std::vector<SearchResult>> SearchRegistries(const common::SystemPaths& paths, const RegistryRequest& request);

struct RemoteTags {
  std::string repository;
  std::vector<std::string> tags;
};
common::Result<RemoteTags> ListTags(const common::SystemPaths& paths, const RegistryRequest& request);

// The manifest or index as the registry gives it, JSON text.
common::Result<std::string> ReadRemoteManifest(const common::SystemPaths& paths, const RegistryRequest& request);

}  // namespace skiff::image
