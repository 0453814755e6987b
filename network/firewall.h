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

  // One transaction: the bridge with its subnet (again is fine) and the ports of `address`. The table is made
  // when it is not there. A port that leads to another address is replaced if `stale` says that nobody holds
  // that address; kExists otherwise, naming it with `describe`.
  struct Owners {
    std::function<bool(Ipv4Address)> stale;
    std::function<std::string(Ipv4Address)> describe;
  };
  common::Result<> Publish(const std::string& bridge, const Ipv4Subnet& subnet, Ipv4Address address,
                           const std::vector<Port>& ports, const Owners& owners);

  // Removes those of the ports that lead to `address`; others, and what is absent, stay as they are.
  common::Result<> Unpublish(Ipv4Address address, const std::vector<Port>& ports);
  // Absent is fine.
  common::Result<> RemoveBridge(const std::string& bridge, const Ipv4Subnet& subnet);
  common::Result<> RemoveTable();

  NetfilterSocket& socket() { return socket_; }

 private:
  explicit Firewall(NetfilterSocket socket) : socket_(std::move(socket)) {}
  common::Result<> EnsureTable();
  // kNotFound: not published.
  common::Result<PortTarget> Find(const Port& port);
  common::Result<std::vector<Port>> FindStale(const std::vector<Port>& taken, Ipv4Address address,
                                              const Owners& owners);

  NetfilterSocket socket_;
};

}  // namespace skiff::network
