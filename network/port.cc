#include "network/port.h"

#include "common/result.h"

namespace skiff::network {

std::string Describe(const Port& port) {
  const bool v6 = port.host_ip.find(':') != std::string::npos;
  const std::string address = port.host_ip.empty() ? "" : v6 ? "[" + port.host_ip + "]:" : port.host_ip + ":";
  return fmt::format("{}{}/{}", address, port.host_port, port.protocol);
}

bool SamePort(const Port& a, const Port& b) {
  return a.host_port == b.host_port && a.protocol == b.protocol &&
         (a.host_ip.empty() || b.host_ip.empty() || a.host_ip == b.host_ip);
}

}  // namespace skiff::network
