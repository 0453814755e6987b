// Published ports as -p takes them: [[IP:][HOST[-HOST]]:]CONTAINER[-CONTAINER][/tcp|udp|sctp].
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "pod/spec.h"

namespace skiff::cli {

// Gives a free host port of that protocol where the notation leaves it open.
using FreePortFinder =
    std::function<common::Result<uint16_t>(const std::string& host_ip, pod::Protocol protocol)>;

// One mapping per port of a range.
common::Result<std::vector<pod::PortMapping>> ParsePorts(std::string_view text,
                                                         const FreePortFinder& free_port);
// Asks the kernel.
common::Result<uint16_t> FindFreePort(const std::string& host_ip, pod::Protocol protocol);
// "0.0.0.0:8080->80/tcp, 0.0.0.0:9000-9002->90-92/udp" (podman ps).
std::string PortsText(const std::vector<pod::PortMapping>& ports);

}  // namespace skiff::cli
