// How a socket that holds a published port of the host is called between command, reaper and supervisor: what it holds
// and, where connections to it are to be relayed, to which port of the pod.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace skiff::supervisor {

// "tcp 0.0.0.0 8080", of whichever address the same for every form of "all".
std::string HostSide(std::string_view protocol, std::string_view host_ip, uint16_t host_port);

// "tcp service 30080": a port of a Service, which the pod holds for others too and which does not move with its networks.
std::string ServiceSide(std::string_view protocol, uint16_t host_port);
bool IsOfService(std::string_view host_side);

struct RelayTarget {
  std::string address;
  uint16_t port = 0;
};
// Of a pod that is on no network: nobody can be reached there, so that connections end at once.
inline constexpr char kNowhere[] = "255.255.255.255";

// The names begin with one of these.
inline constexpr std::string_view kHoldPrefix = "hold ";    // nobody reads from it
inline constexpr std::string_view kRelayPrefix = "relay ";  // the supervisor serves it

std::string HoldName(std::string_view host_side, bool v6);
// Always of IPv6: what arrives over IPv4 the kernel translates.
std::string RelayName(std::string_view host_side, const RelayTarget& target);

struct RelayInfo {
  std::string host_side;
  bool udp = false;
  RelayTarget target;
};
std::optional<RelayInfo> ParseRelayName(std::string_view name);
// Whether the socket of that name, of either kind, holds this host side.
bool Holds(std::string_view name, std::string_view host_side);

}  // namespace skiff::supervisor
