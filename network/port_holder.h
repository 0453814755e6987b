// Who uses a port of the host: /proc/net and /proc/PID/fd (proc(5)).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "network/ip_address.h"
#include "network/port.h"

namespace skiff::network {

// A line of /proc/net/tcp, tcp6, udp or udp6.
struct SocketEntry {
  IpAddress address;  // a mapped IPv4 one as IPv4
  uint16_t port = 0;
  bool time_wait = false;  // a connection that has ended: no program holds it
  uint64_t inode = 0;
};
std::vector<SocketEntry> ParseSocketTable(std::string_view text, bool ipv6);

struct PortUse {
  bool in_use = false;          // by a socket that a program holds
  bool only_time_wait = false;  // only by connections that have ended
  std::string program;          // "nginx (pid 4711)", empty if it cannot be seen
};
PortUse FindPortUse(const std::string& proc_root, const Port& port);

}  // namespace skiff::network
