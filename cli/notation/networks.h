// Networks of a pod as --network and its companions give them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/arguments.h"
#include "common/result.h"
#include "pod/spec.h"

namespace skiff::cli {

struct NetworkFlags {
  // NAME[:ip=,ip6=,mac=,alias=,interface_name=], NAME,NAME, bridge[:...], host, none, container:NAME, ns:PATH
  std::vector<std::string> networks;
  std::string ip, ip6, mac;
  std::vector<std::string> aliases;

  void Declare(Arguments& arguments);
  // The first flag that was given, empty: none.
  std::string_view First() const {
    return !networks.empty()  ? "--network"
           : !ip.empty()      ? "--ip"
           : !ip6.empty()     ? "--ip6"
           : !mac.empty()     ? "--mac-address"
           : !aliases.empty() ? "--network-alias"
                              : "";
  }
  bool given() const { return !First().empty(); }
};

common::Result<> ApplyNetworkFlags(const NetworkFlags& flags, pod::NetworkSpec& network);
// One --network.
common::Result<> ApplyNetworkFlag(std::string_view text, pod::NetworkSpec& network);

}  // namespace skiff::cli
