// The table "inet skiff": what it looks like, and its elements.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "network/ip_address.h"
#include "network/netfilter_socket.h"
#include "network/port.h"

namespace skiff::network {

inline constexpr char kTable[] = "skiff";
// A chain without rules that tells a table of these rules from one of another version of skiff. Counted up with each change of a
// set or rule.
inline constexpr char kVersionChain[] = "version2";

// The whole table without any bridge or port. Fails with EEXIST, and changes nothing, if the table is there.
void AddTable(NftBatch& batch);
NftBatch BuildTableRemoval();

// What the rules say of a bridge. Every element is a set of its own, to be added or deleted.
struct BridgeRules {
  std::string bridge;
  std::vector<IpSubnet> subnets;
  bool internal = false;  // nothing passes between it and anything but the host
  bool isolated = false;  // nothing passes between it and other isolated bridges
  bool strict = false;    // ... and other bridges at all
};
std::vector<UniqueSet> BridgeElements(const BridgeRules& rules);

// What the rules say of an address of a pod.
struct AddressMark {
  enum class Kind {
    kOwn,     // for its packets to itself
    kMasked,  // its clients of other networks are to have the bridge's address: it would not send its answers back through the
              // host, where the address of the Service or the published port is put in again
  };
  IpAddress address;
  Kind kind = Kind::kOwn;
  bool operator==(const AddressMark&) const = default;
};
UniqueSet MarkElement(const AddressMark& mark);

// Where the ports of a pod lead, per family.
struct PortTargets {
  std::optional<IpAddress> v4;
  std::optional<IpAddress> v6;
};
// Where one published port leads.
struct PortTarget {
  IpAddress address;
  uint16_t port = 0;
  bool operator==(const PortTarget&) const = default;
};
// Whether the port is published for that family: by its host_ip, which is an address (kInvalid) or empty.
common::Result<bool> ConcernsFamily(const Port& port, bool v6);
// kInvalid: the protocol is unknown or host_ip is not an address. Without a target only the key is set:
// for deleting and looking up.
common::Result<UniqueSet> PortElement(const Port& port, bool v6, const IpAddress* target);
// The value of the single element that an answer to NFT_MSG_GETSETELEM holds.
common::Result<PortTarget> ParsePortTarget(const nlmsghdr* answer);

}  // namespace skiff::network
