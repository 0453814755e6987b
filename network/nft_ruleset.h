// The table "inet skiff": what it looks like, and its elements.
#pragma once

#include <string>

#include "network/ipv4.h"
#include "network/netfilter_socket.h"
#include "network/network.h"

namespace skiff::network {

inline constexpr char kTable[] = "skiff";

// The whole table without any bridge or port. Fails with EEXIST, and changes nothing, if the table is there.
NftBatch BuildTable();
NftBatch BuildTableRemoval();

// A set of the table with elements to be added or deleted.
UniqueSet BridgeElement(const std::string& bridge);
UniqueSet SubnetElement(const Ipv4Subnet& subnet);

// Where a published port leads.
struct PortTarget {
  Ipv4Address address;
  uint16_t port = 0;
  bool operator==(const PortTarget&) const = default;
};
// kInvalid: the protocol is unknown or host_ip is not an IPv4 address. Without a target only the key is set:
// for deleting and looking up.
common::Result<UniqueSet> PortElement(const Port& port, const Ipv4Address* target);
// The value of the single element that an answer to NFT_MSG_GETSETELEM holds.
common::Result<PortTarget> ParsePortTarget(const nlmsghdr* answer);

}  // namespace skiff::network
