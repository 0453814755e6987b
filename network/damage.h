// What another program has taken from pods that run: a bridge, their link on it, the table.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/result.h"
#include "network/definition.h"

namespace skiff::network {

// The ids of the pods, each given with the networks that it is on, that lack something of it. It costs one list of the host's
// links and one look at the table, whatever the number of pods; what is no bridge is not looked at.
common::Result<std::set<std::string>> FindDamaged(const std::map<std::string, std::vector<Definition>>& pods);

}  // namespace skiff::network
