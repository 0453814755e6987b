// Networks of a pod as --network and its companions give them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/arguments.h"
#include "common/result.h"
#include "pod/spec.h"
#include "pod/spec.h"

namespace skiff::cli {

struct NetworkFlags {
  // NAME[:ip=,ip6=,mac=,alias=,interface_name=], NAME,NAME, bridge[:...], host, none, container:NAME, ns:PATH
  std::vector<std::string> networks;
  std::string ip, ip6, mac;
  std::vector<std::string> aliases;

  void Declare(Arguments& arguments);
  bool given() const { return !networks.empty() || !ip.empty() || !ip6.empty() || !mac.empty() || !aliases.empty(); }
};

common::Result<> ApplyNetworkFlags(const NetworkFlags& flags, pod::NetworkSpec& network);
// One --network.
common::Result<> ApplyNetworkFlag(std::string_view text, pod::NetworkSpec& network);

}  // namespace skiff::cli
