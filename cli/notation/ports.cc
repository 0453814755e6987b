#include "cli/notation/ports.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <tuple>

#include "common/unique_fd.h"

namespace skiff::cli {

using common::ErrorCode;
using common::MakeError;
using common::Result;
using pod::PortMapping;
using pod::Protocol;

namespace {

struct Range {
  int first = 0;
  int last = 0;
  int size() const { return last - first + 1; }
};

Result<Range> ParseRange(std::string_view text, std::string_view whole) {
  const auto number = [&](std::string_view digits) {
    int value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return error == std::errc() && end == digits.data() + digits.size() && value >= 1 && value <= 65535
               ? value
               : 0;
  };
  const size_t dash = text.find('-');
  Range range;
  range.first = number(text.substr(0, dash));
  range.last = dash == std::string_view::npos ? range.first : number(text.substr(dash + 1));
  if (range.first == 0 || range.last < range.first)
    return MakeError(ErrorCode::kInvalid, "invalid port \"{}\" in \"{}\": ports go from 1 to 65535", text,
                     whole);
  return range;
}

// Takes "/udp" from the end.
Result<Protocol> TakeProtocol(std::string_view& text, std::string_view whole) {
  const size_t slash = text.rfind('/');
  if (slash == std::string_view::npos) return Protocol::kTcp;
  const auto protocol = pod::EnumFromName(static_cast<Protocol*>(nullptr), text.substr(slash + 1));
  if (!protocol)
    return MakeError(ErrorCode::kInvalid, "invalid protocol in \"{}\": write tcp, udp or sctp", whole);
  text = text.substr(0, slash);
  return *protocol;
}

// Takes "IP:" from the front; IPv6 in brackets.
Result<std::string> TakeAddress(std::string_view& text, std::string_view whole) {
  std::string address;
  if (text.starts_with('[')) {
    const size_t close = text.find("]:");
    if (close == std::string_view::npos)
      return MakeError(ErrorCode::kInvalid, "missing \"]:\" in \"{}\"", whole);
    address = text.substr(1, close - 1);
    text.remove_prefix(close + 2);
  } else if (std::count(text.begin(), text.end(), ':') == 2) {
    const size_t colon = text.find(':');
    address = text.substr(0, colon);
    text.remove_prefix(colon + 1);
  }
  in6_addr parsed;
  if (!address.empty() && ::inet_pton(AF_INET, address.c_str(), &parsed) != 1 &&
      ::inet_pton(AF_INET6, address.c_str(), &parsed) != 1)
    return MakeError(ErrorCode::kInvalid, "\"{}\" in \"{}\" is not an IP address", address, whole);
  return address;
}

}  // namespace

Result<std::vector<PortMapping>> ParsePorts(std::string_view whole, const FreePortFinder& free_port) {
  std::string_view text = whole;
  ASSIGN_OR_RETURN(const Protocol protocol, TakeProtocol(text, whole));
  ASSIGN_OR_RETURN(const std::string address, TakeAddress(text, whole));
  const size_t colon = text.find(':');
  const std::string_view host = colon == std::string_view::npos ? std::string_view() : text.substr(0, colon);
  ASSIGN_OR_RETURN(const Range container, ParseRange(text.substr(colon + 1), whole));
  Range published;
  if (!host.empty()) {
    ASSIGN_OR_RETURN(published, ParseRange(host, whole));
    if (published.size() != container.size())
      return MakeError(ErrorCode::kInvalid, "\"{}\": {} host ports for {} container ports", whole,
                       published.size(), container.size());
  }
  std::vector<PortMapping> ports;
  for (int i = 0; i < container.size(); ++i) {
    PortMapping port;
    port.host_ip = address;
    port.protocol = protocol;
    port.container_port = static_cast<uint16_t>(container.first + i);
    port.host_port = static_cast<uint16_t>(published.first + i);
    if (host.empty()) {
      ASSIGN_OR_RETURN(port.host_port, free_port(address, protocol));
    }
    ports.push_back(std::move(port));
  }
  return ports;
}

Result<uint16_t> FindFreePort(const std::string& host_ip, Protocol protocol) {
  const int type = protocol == Protocol::kUdp ? SOCK_DGRAM : SOCK_STREAM;
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  const bool is_v6 = ::inet_pton(AF_INET6, host_ip.c_str(), &v6.sin6_addr) == 1;
  if (!is_v6 && !host_ip.empty()) ::inet_pton(AF_INET, host_ip.c_str(), &v4.sin_addr);
  common::UniqueFd socket(::socket(is_v6 ? AF_INET6 : AF_INET, type | SOCK_CLOEXEC, 0));
  if (!socket) return common::ErrnoError("find a free port: socket");
  sockaddr* address = is_v6 ? reinterpret_cast<sockaddr*>(&v6) : reinterpret_cast<sockaddr*>(&v4);
  socklen_t length = is_v6 ? sizeof v6 : sizeof v4;
  if (::bind(socket.get(), address, length) != 0)
    return common::ErrnoError("find a free port on {}", host_ip);
  if (::getsockname(socket.get(), address, &length) != 0)
    return common::ErrnoError("find a free port: getsockname");
  return ntohs(is_v6 ? v6.sin6_port : v4.sin_port);
}

std::string PortsText(const std::vector<PortMapping>& mappings) {
  std::vector<PortMapping> ports = mappings;
  std::sort(ports.begin(), ports.end(), [](const PortMapping& a, const PortMapping& b) {
    return std::tie(a.host_ip, a.protocol, a.container_port, a.host_port) <
           std::tie(b.host_ip, b.protocol, b.container_port, b.host_port);
  });
  const auto span = [](int first, int count) {
    return count == 1 ? fmt::format("{}", first) : fmt::format("{}-{}", first, first + count - 1);
  };
  std::string text;
  for (size_t i = 0; i < ports.size();) {
    const PortMapping& first = ports[i];
    if (first.host_port == 0) {
      ++i;
      continue;
    }
    int count = 1;
    for (; i + count < ports.size(); ++count) {
      const PortMapping& next = ports[i + count];
      if (next.host_ip != first.host_ip || next.protocol != first.protocol ||
          next.container_port != first.container_port + count || next.host_port != first.host_port + count)
        break;
    }
    const bool v6 = first.host_ip.find(':') != std::string::npos;
    const std::string address = first.host_ip.empty() ? "0.0.0.0"
                                : v6                  ? "[" + first.host_ip + "]"
                                                      : first.host_ip;
    text += fmt::format("{}{}:{}->{}/{}", text.empty() ? "" : ", ", address, span(first.host_port, count),
                        span(first.container_port, count), pod::EnumName(first.protocol));
    i += static_cast<size_t>(count);
  }
  return text;
}

}  // namespace skiff::cli
