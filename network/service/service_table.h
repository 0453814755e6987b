// The nftables table "inet skiff-services": every Service port of the machine. It is replaced as a whole in one
// transaction, so that no packet ever sees a part of a change. A table of its own, beside the one of bridges and
// ports: it can be made anew at any time without touching those.
//
// Names that end in 6 are those of IPv6, of which nothing is there unless a Service has it.
//
//   addresses   address . protocol . port -> chain of a Service port
//   ports       protocol . port -> the same for node ports and load balancers, on every address of the host
//   svc-X       of one Service port: picks an endpoint at random
//   to-X        svc-X's endpoints by number
//   ep-Y        of one endpoint of a Service port whose clients stay where they are (sessionAffinity): to-X leads here, and
//               svc-X asks for-Y of every endpoint before it picks one
//   for-Y       the clients of ep-Y, forgotten after a time
//   lb-X        lets only some clients through to svc-X
//   refuse-...  answers what no endpoint serves, from pods (forward), other hosts (input) and the host (output)
#pragma once

#include <map>
#include <string>
#include <vector>

#include "network/ip_address.h"
#include "network/netfilter_socket.h"
#include "network/service/service.h"

namespace skiff::network {

inline constexpr char kServiceTable[] = "skiff-services";

// A client that stays with its endpoint.
struct ServiceClient {
  IpAddress address;
  uint64_t left_ms = 0;  // until it is forgotten
  bool operator==(const ServiceClient&) const = default;
};

// The set of the clients that stay with this endpoint: a name that does not depend on the other endpoints.
std::string ClientSet(const ServiceRule& rule, const ServiceEndpoint& endpoint);
using ClientSets = std::map<std::string, std::vector<ServiceClient>>;

// Replaces the table, whether it is there or not. No client may have more time left than its rule gives. kInvalid: an
// address or protocol is none.
common::Result<NftBatch> BuildServiceTable(const std::vector<ServiceRule>& rules, const std::vector<IpSubnet>& ranges,
                                           const ClientSets& clients);
// Fails with ENOENT when it is not there.
NftBatch BuildServiceTableRemoval();

// The clients in one message of an answer to NFT_MSG_GETSETELEM.
std::vector<ServiceClient> ParseServiceClients(const nlmsghdr* answer);

}  // namespace skiff::network
