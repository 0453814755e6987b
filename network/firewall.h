// The rules of the bridges and published ports: the table "inet skiff".
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "network/nft_ruleset.h"

namespace skiff::network {

class Firewall {
 public:
  static common::Result<Firewall> Open();

  // How to treat a port that leads to another address already: it is replaced if `stale` says that nobody holds
  // that address; kExists otherwise, naming it with `describe`.
  struct Owners {
    std::function<bool(const IpAddress&)> stale;
    std::function<std::string(const IpAddress&)> describe;
  };
  // One transaction: the bridge with its subnets and the marked addresses (again is fine), and the ports that lead to `targets`.
  // The table is made when it is not there, and made anew when another version of skiff has made it; true then.
  common::Result<bool> Publish(const BridgeRules& bridge, const std::vector<AddressMark>& marks, const PortTargets& targets,
                               const std::vector<Port>& ports, const Owners& owners);

  // Removes those of the ports that lead to `targets`; others, and what is absent, stay as they are.
  common::Result<> Unpublish(const PortTargets& targets, const std::vector<Port>& ports);
  // Absent is fine.
  common::Result<> Unmark(const std::vector<AddressMark>& marks);
  common::Result<> RemoveBridge(const BridgeRules& bridge);
  common::Result<> RemoveTable();

  // Of this version.
  common::Result<bool> HasTable();

  NetfilterSocket& socket() { return socket_; }

 private:
  // A port for one family.
  struct Mapping {
    Port port;
    IpAddress target;
  };
  explicit Firewall(NetfilterSocket socket) : socket_(std::move(socket)) {}
  static common::Result<std::vector<Mapping>> Mappings(const PortTargets& targets, const std::vector<Port>& ports);
  // Adds to the batch; `replaced` are deleted first.
  static common::Result<> AddPublication(NftBatch& batch, const std::vector<UniqueSet>& bridge,
                                         const std::vector<Mapping>& replaced, const std::vector<Mapping>& mappings);
  enum class TableState { kAbsent, kOfOtherVersion, kCurrent };
  common::Result<TableState> FindTable();
  // Absent is fine.
  common::Result<> DeleteAll(const std::vector<UniqueSet>& elements, const std::string& what);
  // kNotFound: not published.
  common::Result<PortTarget> Find(const Mapping& mapping);
  common::Result<std::vector<Mapping>> FindStale(const std::vector<Mapping>& taken, const Owners& owners);

  NetfilterSocket socket_;
};

}  // namespace skiff::network
