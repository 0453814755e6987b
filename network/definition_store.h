// Network definitions on disk, in podman's format (podman-network-create(1); one JSON file per network).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "network/definition.h"
#include "network/ip_address.h"

namespace skiff::network {

class DefinitionStore {
 public:
  // `foreign_directory` holds podman's definitions: they are never used, only kept clear of.
  DefinitionStore(std::string directory, std::string foreign_directory);

  // Asked only when a definition has to be made: subnets in use on the host, and names of its interfaces.
  struct Host {
    std::function<common::Result<std::vector<IpSubnet>>()> subnets;
    std::function<std::string(const IpSubnet& subnet)> describe_overlap;  // which of them it is that overlaps
    std::function<bool(const std::string& interface)> has_interface;
  };

  // kNotFound names the remedy. kInvalid or kUnsupported: the file cannot be used, and why.
  common::Result<Definition> Load(const std::string& name) const;
  // By name, id or unique prefix of an id.
  common::Result<Definition> Find(const std::string& name_or_id) const;
  // Those that can be used, sorted by name.
  common::Result<std::vector<Definition>> List() const;
  // Fills in what is left open and writes it; no name: that of its bridge.
  common::Result<Definition> Create(Definition wanted, const Host& host) const;
  // Makes it unless another command has done so; the definition that exists then.
  common::Result<Definition> LoadOrCreate(const Definition& wanted, const Host& host) const;
  common::Result<> Remove(const std::string& name) const;

 private:
  std::string PathOf(const std::string& name) const { return directory_ + "/" + name + ".json"; }
  common::Error NotFound(const std::string& name) const;
  common::Result<Definition> CreateLocked(Definition wanted, const Host& host) const;
  common::Result<> FillInterface(Definition& network, const Host& host) const;
  common::Result<> CheckInterface(const Definition& network, const Host& host) const;
  common::Result<> FillSubnets(Definition& network, const Host& host) const;

  std::string directory_;
  std::string foreign_directory_;
};

}  // namespace skiff::network
