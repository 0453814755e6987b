// An IPv4 or IPv6 address with a port.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>
#include <optional>
#include <string>

namespace skiff::dns {

class SocketAddress {
 public:
  static std::optional<SocketAddress> Parse(const std::string& address, uint16_t port) {
    SocketAddress parsed;
    if (::inet_pton(AF_INET, address.c_str(), &parsed.v4().sin_addr) == 1) {
      parsed.storage_.ss_family = AF_INET;
      parsed.v4().sin_port = htons(port);
      parsed.size_ = sizeof(sockaddr_in);
      return parsed;
    }
    parsed = SocketAddress();
    if (::inet_pton(AF_INET6, address.c_str(), &parsed.v6().sin6_addr) != 1) return std::nullopt;
    parsed.storage_.ss_family = AF_INET6;
    parsed.v6().sin6_port = htons(port);
    parsed.size_ = sizeof(sockaddr_in6);
    return parsed;
  }

  int family() const { return storage_.ss_family; }
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage_); }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t size() const { return size_; }
  // For calls that fill it in.
  socklen_t* reset() { return size_ = sizeof storage_, &size_; }

  std::string address() const {
    char text[INET6_ADDRSTRLEN] = "";
    const void* bytes = family() == AF_INET ? static_cast<const void*>(&v4().sin_addr) : &v6().sin6_addr;
    ::inet_ntop(family(), bytes, text, sizeof text);
    return text;
  }
  uint16_t port() const { return ntohs(family() == AF_INET ? v4().sin_port : v6().sin6_port); }

 private:
  sockaddr_in& v4() { return *reinterpret_cast<sockaddr_in*>(&storage_); }
  const sockaddr_in& v4() const { return *reinterpret_cast<const sockaddr_in*>(&storage_); }
  sockaddr_in6& v6() { return *reinterpret_cast<sockaddr_in6*>(&storage_); }
  const sockaddr_in6& v6() const { return *reinterpret_cast<const sockaddr_in6*>(&storage_); }

  sockaddr_storage storage_{};
  socklen_t size_ = sizeof storage_;
};

}  // namespace skiff::dns
