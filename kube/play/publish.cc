#include "kube/play/publish.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>

namespace skiff::kube {
namespace {

using common::ErrorCode;

std::optional<uint16_t> ParsePort(std::string_view text) {
  uint16_t port = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (failure != std::errc() || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

bool IsAddress(const std::string& text) {
  in6_addr parsed;
  return ::inet_pton(AF_INET, text.c_str(), &parsed) == 1 || ::inet_pton(AF_INET6, text.c_str(), &parsed) == 1;
}

common::Error Malformed(const std::string& text) {
  return MakeError(ErrorCode::kInvalid,
                   "--publish {}: not of the form [[HOSTIP:][HOSTPORT]:]CONTAINERPORT[/tcp|udp|sctp] with ports from 1 to 65535",
                   text);
}

bool SamePort(const pod::PortMapping& a, const pod::PortMapping& b) {
  return a.container_port == b.container_port && a.protocol == b.protocol;
}

std::string_view ProtocolName(pod::Protocol protocol) {
  switch (protocol) {
    case pod::Protocol::kUdp: return "UDP";
    case pod::Protocol::kSctp: return "SCTP";
    case pod::Protocol::kTcp: break;
  }
  return "TCP";
}

}  // namespace

common::Result<pod::PortMapping> ParsePublish(const std::string& text) {
  pod::PortMapping port;
  std::string_view rest = text;
  if (const size_t slash = rest.rfind('/'); slash != std::string_view::npos) {
    std::string protocol(rest.substr(slash + 1));
    for (char& c : protocol) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (protocol == "udp") port.protocol = pod::Protocol::kUdp;
    else if (protocol == "sctp") port.protocol = pod::Protocol::kSctp;
    else if (protocol != "tcp") return Malformed(text);
    rest = rest.substr(0, slash);
  }
  if (rest.starts_with('[')) {
    const size_t close = rest.find("]:");
    if (close == std::string_view::npos) return Malformed(text);
    port.host_ip = rest.substr(1, close - 1);
    rest = rest.substr(close + 2);
  } else if (std::count(rest.begin(), rest.end(), ':') == 2) {
    const size_t colon = rest.find(':');
    port.host_ip = rest.substr(0, colon);
    rest = rest.substr(colon + 1);
    if (port.host_ip.empty()) return Malformed(text);
  }
  if (!port.host_ip.empty() && !IsAddress(port.host_ip))
    return MakeError(ErrorCode::kInvalid, "--publish {}: \"{}\" is not an IP address", text, port.host_ip);
  const size_t colon = rest.find(':');
  const auto container = ParsePort(colon == std::string_view::npos ? rest : rest.substr(colon + 1));
  if (!container) return Malformed(text);
  port.container_port = *container;
  port.host_port = *container;
  if (colon != std::string_view::npos && colon > 0) {
    const auto host = ParsePort(rest.substr(0, colon));
    if (!host) return Malformed(text);
    port.host_port = *host;
  }
  return port;
}

bool DeclaresPort(const PodSpec& spec, const pod::PortMapping& published) {
  for (const Container& container : spec.containers) {
    for (const ContainerPort& port : container.ports) {
      const std::string& protocol = port.protocol;
      if (port.container_port == published.container_port &&
          (protocol.empty() ? "TCP" : protocol) == ProtocolName(published.protocol))
        return true;
    }
  }
  return false;
}

void PublishPort(pod::PodSpec& spec, const pod::PortMapping& published) {
  for (pod::ContainerSpec& container : spec.containers) {
    for (pod::PortMapping& port : container.ports) {
      if (!SamePort(port, published)) continue;
      port.host_ip = published.host_ip;
      port.host_port = published.host_port;
      return;
    }
  }
  spec.ports.push_back(published);
}

bool HasHostPorts(const pod::PodSpec& spec) {
  const auto published = [](const pod::PortMapping& port) { return port.host_port != 0; };
  if (std::any_of(spec.ports.begin(), spec.ports.end(), published)) return true;
  return std::any_of(spec.containers.begin(), spec.containers.end(), [&](const pod::ContainerSpec& container) {
    return std::any_of(container.ports.begin(), container.ports.end(), published);
  });
}

void DropHostPorts(pod::PodSpec& spec) {
  spec.ports.clear();
  for (pod::ContainerSpec& container : spec.containers) {
    for (pod::PortMapping& port : container.ports) {
      port.host_ip.clear();
      port.host_port = 0;
    }
  }
}

}  // namespace skiff::kube
