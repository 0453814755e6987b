// The nftables table "inet skiff-services": every Service port of the machine. It is replaced as a whole in one
// transaction, so that no packet ever sees a part of a change. A table of its own, beside the one of bridges and
// ports: it can be made anew at any time without touching those.
//
// Names that end in 6 are those of IPv6, of which nothing is there unless a Service has it.
//
//   addresses   address . protocol . port -> chain of a Service port
//   ports       protocol . port -> the same for node ports and load balancers, on every address of the host
//   svc-X       of one Service port: picks an endpoint at random, or the one that the client had last
//   to-X        svc-X's endpoints by number; for-X: clients and their endpoints, forgotten after a time
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
  IpAddress client;
  IpAddress endpoint;
  uint16_t port = 0;
  uint64_t left_ms = 0;  // until it is forgotten
};

// The name of a Service port in the table: 16 hexadecimal digits, the same for the same ServiceRule::name.
std::string ServiceKey(const std::string& rule_name);
// The map of the clients of a Service port.
std::string ClientMap(const std::string& key);

// Replaces the table, whether it is there or not. `clients` by ServiceKey. kInvalid: an address or protocol is none.
common::Result<NftBatch> BuildServiceTable(const std::vector<ServiceRule>& rules, const std::vector<IpSubnet>& ranges,
                                           const std::map<std::string, std::vector<ServiceClient>>& clients);
// Fails with ENOENT when it is not there.
NftBatch BuildServiceTableRemoval();

// The clients in one message of an answer to NFT_MSG_GETSETELEM.
std::vector<ServiceClient> ParseServiceClients(const nlmsghdr* answer);

}  // namespace skiff::network
