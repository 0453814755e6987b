// Network definitions on disk, in podman's format (podman-network-create(1); one JSON file per network).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "network/ipv4.h"
#include "network/network.h"

namespace skiff::network {

class DefinitionStore {
 public:
  // `foreign_directory` holds podman's definitions: they are never used, only kept clear of.
  DefinitionStore(std::string directory, std::string foreign_directory);

  // kNotFound names the networks that exist. kInvalid or kUnsupported: the file cannot be used, and why.
  common::Result<Definition> Load(const std::string& name) const;
  // Makes `name` with `bridge` on a free subnet unless another command has done so; the definition that
  // exists then. `host_subnets` is asked only if one has to be made.
  common::Result<Definition> LoadOrCreate(
      const std::string& name, const std::string& bridge,
      const std::function<common::Result<std::vector<Ipv4Subnet>>()>& host_subnets) const;

 private:
  std::string PathOf(const std::string& name) const { return directory_ + "/" + name + ".json"; }
  common::Error NotFound(const std::string& name) const;

  std::string directory_;
  std::string foreign_directory_;
};

std::string EncodeDefinition(const Definition& definition);
common::Result<Definition> DecodeDefinition(const std::string& text, const std::string& what);

}  // namespace skiff::network
