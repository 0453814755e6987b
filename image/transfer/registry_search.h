// Searching a registry: docker's /v1/search where it is offered, else the catalogue's names (distribution specification).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/result.h"
#include "common/system_paths.h"
#include "image/registries_conf.h"
#include "image/registry.h"
#include "image/transfer/registry_access.h"

namespace skiff::image {

class RegistrySearch {
 public:
  // The request's one item is [REGISTRY/]TERM; without a registry all unqualified-search registries are asked.
  static common::Result<RegistrySearch> Prepare(const common::SystemPaths& paths, const RegistryRequest& request);
  common::Result<std::vector<SearchResult>> Run();

 private:
  struct Place {
    std::string name;
    std::shared_ptr<RegistrySession> session;
  };

  common::Result<std::vector<SearchResult>> SearchIndex(const Place& place, HttpClient& client) const;
  common::Result<std::vector<SearchResult>> SearchCatalogue(const Place& place, HttpClient& client) const;

  std::vector<Place> places_;
  std::string term_;
  size_t limit_ = 25;
};

// Whether registries.conf lets this registry do without TLS.
bool IsInsecureHost(const RegistriesConf& conf, const std::string& name);

}  // namespace skiff::image
