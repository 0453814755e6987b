#include "cli/notation/ports.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cctype>
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

// 0: not a port.
int ParsePort(std::string_view digits) {
  int value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return error == std::errc() && end == digits.data() + digits.size() && value >= 1 && value <= 65535 ? value : 0;
}

Result<Range> ParseRange(std::string_view text, std::string_view whole) {
  const size_t dash = text.find('-');
  Range range;
  range.first = ParsePort(text.substr(0, dash));
  range.last = dash == std::string_view::npos ? range.first : ParsePort(text.substr(dash + 1));
  if (range.first == 0 || range.last == 0)
    return MakeError(ErrorCode::kInvalid, "invalid port \"{}\" in \"{}\": ports go from 1 to 65535", text, whole);
  if (range.last < range.first)
    return MakeError(ErrorCode::kInvalid, "invalid range \"{}\" in \"{}\": it ends before it begins", text, whole);
  return range;
}

// Takes "/udp" from the end.
Result<Protocol> TakeProtocol(std::string_view& text, std::string_view whole) {
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) return Protocol::kTcp;
  std::string name(text.substr(slash + 1));
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const auto protocol = pod::EnumFromName(static_cast<Protocol*>(nullptr), name);
  if (!protocol)
    return MakeError(ErrorCode::kInvalid, "invalid protocol \"{}\" in \"{}\": write tcp, udp or sctp", name, whole);
  text = text.substr(0, slash);
  return *protocol;
}

bool IsAddress(const std::string& text) {
  in6_addr parsed;
  return ::inet_pton(AF_INET, text.c_str(), &parsed) == 1 || ::inet_pton(AF_INET6, text.c_str(), &parsed) == 1;
}

// Takes "IP:" from the front; IPv6 in brackets.
Result<std::string> TakeAddress(std::string_view& text, std::string_view whole) {
  std::string address;
  const auto colons = std::count(text.begin(), text.end(), ':');
  if (text.starts_with('[')) {
    const size_t close = text.find("]:");
    if (close == std::string_view::npos)
      return MakeError(ErrorCode::kInvalid, "missing \"]:\" in \"{}\": write [ADDRESS]:HOST:CONTAINER", whole);
    address = text.substr(1, close - 1);
    text.remove_prefix(close + 2);
    // One address without a port of the host needs its colon all the same.
    if (text.find(':') == std::string_view::npos)
      return MakeError(ErrorCode::kInvalid, "\"{0}\" names one port: write [{1}]::{2} for any free port of the host, or [{1}]:HOST:{2}",
                       whole, address, text);
  } else if (colons == 2) {
    const size_t colon = text.find(':');
    address = text.substr(0, colon);
    text.remove_prefix(colon + 1);
    if (address.empty())
      return MakeError(ErrorCode::kInvalid, "\"{}\" names no address before its first colon: leave the colon out, or write "
                       "IPv6 addresses in brackets ([::]:HOST:CONTAINER)", whole);
  } else if (colons > 2) {
    return MakeError(ErrorCode::kInvalid,
                     "\"{}\" is not of the form [[IP:]HOST:]CONTAINER[/PROTOCOL]; IPv6 addresses stand in brackets", whole);
  } else if (colons == 1 && IsAddress(std::string(text.substr(0, text.find(':'))))) {
    return MakeError(ErrorCode::kInvalid, "\"{0}\" names one port: write {1}::{2} for any free port of the host, or {1}:HOST:{2}",
                     whole, text.substr(0, text.find(':')), text.substr(text.find(':') + 1));
  }
  if ((!address.empty() || whole.starts_with('[')) && !IsAddress(address))
    return MakeError(ErrorCode::kInvalid, "\"{}\" in \"{}\" is not an IP address", address, whole);
  if (address == "0.0.0.0") address.clear();  // every address, as without one
  return address;
}

// An address of the host with a port: for bind.
struct HostSide {
  sockaddr_storage address{};
  socklen_t length = sizeof(sockaddr_in);

  HostSide(const std::string& host_ip, uint16_t port) {
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&address);
    auto* v4 = reinterpret_cast<sockaddr_in*>(&address);
    address.ss_family = AF_INET;
    if (::inet_pton(AF_INET6, host_ip.c_str(), &v6->sin6_addr) == 1) {
      address.ss_family = AF_INET6;
      length = sizeof(sockaddr_in6);
      v6->sin6_port = htons(port);
      return;
    }
    v4->sin_addr = {};
    if (!host_ip.empty()) ::inet_pton(AF_INET, host_ip.c_str(), &v4->sin_addr);
    v4->sin_port = htons(port);
  }
  sockaddr* raw() { return reinterpret_cast<sockaddr*>(&address); }
};

// The socket is bound, to any free port for 0.
Result<common::UniqueFd> BindPort(const std::string& host_ip, Protocol protocol, uint16_t port) {
  HostSide side(host_ip, port);
  const int type = protocol == Protocol::kUdp ? SOCK_DGRAM : SOCK_STREAM;
  common::UniqueFd socket(::socket(side.address.ss_family, type | SOCK_CLOEXEC, protocol == Protocol::kSctp ? IPPROTO_SCTP : 0));
  if (!socket) return common::ErrnoError("find a free {} port", pod::EnumName(protocol));
  if (::bind(socket.get(), side.raw(), side.length) != 0)
    return common::ErrnoError("find a free port on {}", host_ip.empty() ? "the host" : host_ip);
  return socket;
}

}  // namespace

Result<std::vector<PortMapping>> ParsePorts(std::string_view whole, const FreePortFinder& free_ports) {
  std::string_view text = whole;
  ASSIGN_OR_RETURN(const Protocol protocol, TakeProtocol(text, whole));
  ASSIGN_OR_RETURN(const std::string address, TakeAddress(text, whole));
  const size_t colon = text.find(':');
  const std::string_view host = colon == std::string_view::npos ? std::string_view() : text.substr(0, colon);
  const std::string_view inside = text.substr(colon + 1);
  if (inside.empty()) return MakeError(ErrorCode::kInvalid, "\"{}\" names no port of the container", whole);
  ASSIGN_OR_RETURN(const Range container, ParseRange(inside, whole));
  Range published;
  if (!host.empty()) {
    ASSIGN_OR_RETURN(published, ParseRange(host, whole));
    if (published.size() != container.size())
      return MakeError(ErrorCode::kInvalid, "\"{}\": {} host ports for {} container ports: both ranges must have the same length",
                       whole, published.size(), container.size());
  } else {
    ASSIGN_OR_RETURN(published.first, free_ports(address, protocol, container.size()));
  }
  std::vector<PortMapping> ports;
  for (int i = 0; i < container.size(); ++i) {
    PortMapping port;
    port.host_ip = address;
    port.protocol = protocol;
    port.container_port = static_cast<uint16_t>(container.first + i);
    port.host_port = static_cast<uint16_t>(published.first + i);
    ports.push_back(std::move(port));
  }
  return ports;
}

Result<uint16_t> FindFreePorts(const std::string& host_ip, Protocol protocol, int count) {
  constexpr int kAttempts = 50;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    ASSIGN_OR_RETURN(const common::UniqueFd socket, BindPort(host_ip, protocol, 0));
    HostSide side(host_ip, 0);
    if (::getsockname(socket.get(), side.raw(), &side.length) != 0) return common::ErrnoError("find a free port: getsockname");
    const int first = ntohs(reinterpret_cast<const sockaddr_in*>(&side.address)->sin_port);  // of both families at the same place
    int found = 1;
    while (found < count && first + found <= 65535 && BindPort(host_ip, protocol, static_cast<uint16_t>(first + found))) ++found;
    if (found == count) return static_cast<uint16_t>(first);
  }
  return MakeError(ErrorCode::kUnavailable, "no {} free {} ports of the host in a row: name them (HOST:CONTAINER)", count,
                   pod::EnumName(protocol));
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
