// Published ports as -p takes them: [[IP:][HOST[-HOST]]:]CONTAINER[-CONTAINER][/tcp|udp|sctp].
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "pod/spec.h"

namespace skiff::cli {

// Where the notation leaves the host's ports open: the first of that many free ones in a row.
using FreePortFinder =
    std::function<common::Result<uint16_t>(const std::string& host_ip, pod::Protocol protocol, int count)>;

// One mapping per port of a range.
common::Result<std::vector<pod::PortMapping>> ParsePorts(std::string_view text,
                                                         const FreePortFinder& free_ports);
// Asks the kernel.
common::Result<uint16_t> FindFreePorts(const std::string& host_ip, pod::Protocol protocol, int count);
// "0.0.0.0:8080->80/tcp, 0.0.0.0:9000-9002->90-92/udp" (podman ps).
std::string PortsText(const std::vector<pod::PortMapping>& ports);

}  // namespace skiff::cli
