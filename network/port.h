// A published port.
#pragma once

#include <cstdint>
#include <string>

namespace skiff::network {

struct Port {
  std::string host_ip;  // empty: every address of the host, of both families
  uint16_t host_port = 0;
  uint16_t container_port = 0;
  std::string protocol = "tcp";  // tcp, udp, sctp
  auto operator<=>(const Port&) const = default;
};

// "8080/tcp", "127.0.0.1:53/udp", "[::1]:8080/tcp".
std::string Describe(const Port& port);
// Whether both want the same port of the host.
bool SamePort(const Port& a, const Port& b);

template <typename V>
void VisitFields(V& v, Port& p) {
  v("hostIP", p.host_ip);
  v("hostPort", p.host_port);
  v("containerPort", p.container_port);
  v("protocol", p.protocol);
}

}  // namespace skiff::network
