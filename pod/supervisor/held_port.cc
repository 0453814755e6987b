#include "pod/supervisor/held_port.h"

#include <fmt/format.h>

#include <charconv>

namespace skiff::supervisor {

std::string HostSide(std::string_view protocol, std::string_view host_ip, uint16_t host_port) {
  const bool any = host_ip.empty() || host_ip == "0.0.0.0" || host_ip == "::";
  return fmt::format("{} {} {}", protocol, any ? "*" : host_ip, host_port);
}

std::string ServiceSide(std::string_view protocol, uint16_t host_port) { return fmt::format("{} service {}", protocol, host_port); }

bool IsOfService(std::string_view host_side) { return host_side.find(" service ") != std::string_view::npos; }

std::string HoldName(std::string_view host_side, bool v6) {
  return fmt::format("{}{} > {}", kHoldPrefix, host_side, v6 ? "ipv6" : "ipv4");
}

std::string RelayName(std::string_view host_side, const RelayTarget& target) {
  return fmt::format("{}{} > {} {}", kRelayPrefix, host_side, target.address, target.port);
}

std::optional<RelayInfo> ParseRelayName(std::string_view name) {
  if (!name.starts_with(kRelayPrefix)) return std::nullopt;
  name.remove_prefix(kRelayPrefix.size());
  const size_t arrow = name.find(" > ");
  if (arrow == std::string_view::npos) return std::nullopt;
  RelayInfo info;
  info.host_side = name.substr(0, arrow);
  info.udp = info.host_side.starts_with("udp ");
  const std::string_view target = name.substr(arrow + 3);
  const size_t space = target.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  info.target.address = target.substr(0, space);
  const std::string_view port = target.substr(space + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), info.target.port);
  if (error != std::errc() || end != port.data() + port.size()) return std::nullopt;
  return info;
}

bool Holds(std::string_view name, std::string_view host_side) {
  for (const std::string_view prefix : {kHoldPrefix, kRelayPrefix}) {
    if (!name.starts_with(prefix)) continue;
    const std::string_view rest = name.substr(prefix.size());
    return rest.starts_with(host_side) && rest.substr(host_side.size()).starts_with(" > ");
  }
  return false;
}

}  // namespace skiff::supervisor
