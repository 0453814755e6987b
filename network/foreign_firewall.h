// Other programs' forward chains with policy drop (docker, ufw, firewalld): a packet that any of them drops
// is lost, whatever our own table says. Likewise their input chains, where pods ask for names.
#pragma once

#include <cstdint>
#include <string>

#include "network/netfilter_socket.h"

namespace skiff::network {

// Puts a rule that accepts the bridge's packets in front of each such chain's rules, into DOCKER-USER where
// the table has it (docker's place for that), and one for questions to the name server, once. `v6`: chains for
// IPv6 concern it too. An error names the chain and says what its owner has to
// allow.
common::Result<> AdmitBridge(NetfilterSocket& socket, const std::string& bridge, bool v6);
// Likewise questions that were led to another port of the host than 53, in place of those to any port before; 0: none.
common::Result<> AdmitServerPort(NetfilterSocket& socket, const std::string& bridge, uint16_t port);
// Takes these rules back.
common::Result<> RetractBridge(NetfilterSocket& socket, const std::string& bridge);

}  // namespace skiff::network
