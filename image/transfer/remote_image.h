// What a registry says about an image: manifest, index, configuration, tags.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/result.h"
#include "image/transfer/manifest.h"
#include "image/transfer/platform.h"
#include "image/transfer/registry_access.h"

namespace skiff::image {

struct RemoteManifest {
  std::string bytes;
  std::string media_type;
  std::string digest;
};

// By tag or digest; at most 4 MiB. What was asked for by digest is verified.
common::Result<RemoteManifest> FetchManifest(const RemoteRepository& repository, HttpClient& client, const std::string& tag_or_digest);

struct RemoteImage {
  RemoteManifest manifest;
  std::string index;  // the outermost list through which it was chosen; may be empty
  ManifestParts parts;
};
// Follows lists to the image for the platform. kNotFound: there is none.
common::Result<RemoteImage> FetchImage(const RemoteRepository& repository, HttpClient& client, const std::string& tag_or_digest,
                                       const Platform& platform);

// A configuration, verified.
common::Result<std::string> FetchConfig(const RemoteRepository& repository, HttpPool& pool, const RetryPolicy& retry,
                                        const Descriptor& descriptor);

// All tags, page by page.
common::Result<std::vector<std::string>> FetchTags(const RemoteRepository& repository, HttpClient& client);
// A list of strings that the registry gives in pages (tags/list, _catalog).
common::Result<std::vector<std::string>> FetchPages(RegistrySession& session, HttpClient& client, std::string path,
                                                    const std::string& scope, const char* member, size_t limit);

}  // namespace skiff::image
