// Where a network's name server could not have port 53: questions to it go to the port that the server has.
#pragma once

#include <cstdint>

#include "common/result.h"
#include "network/dns/names.h"

namespace skiff::network {

inline constexpr uint16_t kDnsPort = 53;

// Questions to port 53 of the network's addresses go to `port`, also past other programs' input chains that drop what they
// do not know; 0: nowhere else. Each in one transaction.
common::Result<> RedirectQuestions(const DnsNetwork& network, uint16_t port);

}  // namespace skiff::network
