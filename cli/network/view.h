// Networks as lists and inspect show them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/filter.h"
#include "common/json.h"
#include "pod/engine.h"

namespace skiff::cli {

// As podman network inspect shows it.
common::JsonValue NetworkJson(const network::Definition& network, common::JsonBuilder& builder);
// Who is on the network and runs, as the member "containers" of that. `go_names`: members as templates name them.
common::JsonValue NetworkContainers(const network::Definition& network, const std::vector<pod::PodInfo>& pods, bool go_names,
                                    common::JsonBuilder& builder);
// "json", or as Docker's users write it.
bool WantsJson(const std::string& format);
// Members as its templates name them.
common::JsonValue NetworkFields(const network::Definition& network, bool no_truncation, common::JsonBuilder& builder);

// --filter of ls and prune.
class NetworkFilter {
 public:
  static common::Result<NetworkFilter> Parse(const std::vector<std::string>& flags);
  common::Result<bool> Matches(const network::Definition& network, pod::Engine& engine) const;

 private:
  explicit NetworkFilter(Filters filters) : filters_(std::move(filters)) {}
  Filters filters_;
  std::vector<std::string> before_;  // until=
};

}  // namespace skiff::cli
