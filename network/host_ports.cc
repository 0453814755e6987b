#include "network/host_ports.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "common/user_namespace.h"
#include "network/ip_address.h"
#include "network/port_holder.h"

namespace skiff::network {

using common::ErrnoError;
using common::ErrorCode;
using common::MakeError;
using common::Result;
using common::UniqueFd;

namespace {

// A process that ends has no descriptors to be seen in /proc any more while the kernel still closes its sockets: the last
// holder of a port, a pod's reaper above all, may be just that.
constexpr std::chrono::milliseconds kDyingPatience{2000};

// An invalid descriptor: this kernel has no such sockets.
Result<UniqueFd> OpenSocket(const Port& port, int family) {
  const int type = port.protocol == "udp" ? SOCK_DGRAM : SOCK_STREAM;
  const int protocol = port.protocol == "tcp"   ? IPPROTO_TCP
                       : port.protocol == "udp" ? IPPROTO_UDP
                                                : IPPROTO_SCTP;
  UniqueFd fd(::socket(family, type | SOCK_CLOEXEC, protocol));
  if (fd || errno == EAFNOSUPPORT || errno == EPROTONOSUPPORT || errno == ESOCKTNOSUPPORT) return fd;
  if (errno == EMFILE)
    return MakeError(ErrorCode::kUnavailable,
                     "open a socket for port {}: too many open files: each published port takes two, raise the limit (ulimit -n)",
                     Describe(port));
  return ErrnoError("open a socket for port {}", Describe(port));
}

// Without root nothing is translated: all connections are relayed, for which one kind of socket does. An IPv4 address is a mapped
// one then.
bool AllRelayed() { return common::UserNamespace::Current().has_value(); }

// errno, 0 for success.
int Bind(int fd, const IpAddress& address, uint16_t port) {
  if (AllRelayed()) {
    sockaddr_in6 name{};
    name.sin6_family = AF_INET6;
    name.sin6_port = htons(port);
    const int only = address.v6 && !address.IsUnspecified() ? 1 : 0;
    ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only);
    uint8_t* bytes = name.sin6_addr.s6_addr;
    if (!address.v6) bytes[10] = bytes[11] = 0xff;
    std::memcpy(address.v6 ? bytes : bytes + 12, address.data(), address.size());
    return ::bind(fd, reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0 ? 0 : errno;
  }
  if (!address.v6) {
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_port = htons(port);
    std::memcpy(&name.sin_addr, address.data(), address.size());
    return ::bind(fd, reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0 ? 0 : errno;
  }
  const int on = 1;
  ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  sockaddr_in6 name{};
  name.sin6_family = AF_INET6;
  name.sin6_port = htons(port);
  std::memcpy(&name.sin6_addr, address.data(), address.size());
  return ::bind(fd, reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0 ? 0 : errno;
}

// Past connections in TIME_WAIT are no reason to refuse, if their program allowed it as servers do. The
// option is taken away again: while both sides have it, another program could listen on the port.
int BindOverTimeWait(int fd, const IpAddress& address, uint16_t port) {
  const int on = 1;
  const int off = 0;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const int error = Bind(fd, address, port);
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &off, sizeof off);
  return error;
}

common::Error Taken(const Port& port, const PortUse& use, const std::string& pod) {
  if (pod.empty() && use.program.starts_with("skiff-dns"))
    return MakeError(ErrorCode::kExists,
                     "port {} is in use by {}, the name server of pods: publish it on an address of the host, such as "
                     "ADDRESS:{}:{}",
                     Describe(port), use.program, port.host_port, port.container_port);
  const std::string holder = !pod.empty()           ? "pod " + pod
                             : !use.program.empty() ? use.program
                             : use.only_time_wait
                                 ? "connections that have just ended; it is free within a minute"
                                 : "a program that cannot be seen from here";
  return MakeError(ErrorCode::kExists, "port {} is in use by {}", Describe(port), holder);
}

struct Attempt {
  int error = 0;    // of bind
  PortUse use;      // the rest only when that is EADDRINUSE
  std::string pod;

  bool HolderUnknown() const { return pod.empty() && use.program.empty() && !use.only_time_wait; }
};

Attempt BindPatiently(int fd, const Port& port, const IpAddress& address, const std::string& proc_root,
                      const std::function<std::string(const Port&)>& pod_holding) {
  const auto deadline = std::chrono::steady_clock::now() + kDyingPatience;
  Attempt attempt;
  while ((attempt.error = Bind(fd, address, port.host_port)) == EADDRINUSE) {
    attempt.use = FindPortUse(proc_root, port);
    attempt.pod = pod_holding(port);
    if (!attempt.HolderUnknown() || std::chrono::steady_clock::now() >= deadline) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return attempt;
}

// An invalid descriptor: nothing to hold.
Result<UniqueFd> BindOne(const Port& port, const IpAddress& address, const std::string& proc_root,
                         const std::function<std::string(const Port&)>& pod_holding) {
  ASSIGN_OR_RETURN(UniqueFd fd, OpenSocket(port, AllRelayed() ? AF_INET6 : address.family()));
  if (!fd && AllRelayed())
    return MakeError(ErrorCode::kUnsupported, "publish port {}: without root this takes IPv6 sockets, and this machine's kernel has "
                     "none (ipv6.disable=1)", Describe(port));
  if (!fd) return fd;
  const auto [first_error, use, pod] = BindPatiently(fd.get(), port, address, proc_root, pod_holding);
  int error = first_error;
  if (error == EADDRINUSE) {
    if (!pod.empty() || !use.only_time_wait) return Taken(port, use, pod);
    error = BindOverTimeWait(fd.get(), address, port.host_port);
    if (error == EADDRINUSE) return Taken(port, use, pod);
  }
  if (error == EADDRNOTAVAIL && address.v6 && port.host_ip.empty()) return UniqueFd();  // IPv6 is switched off
  if (error == EADDRNOTAVAIL)
    return MakeError(ErrorCode::kInvalid, "publish port {}: the host has no address {}", Describe(port),
                     port.host_ip);
  if (error == EACCES && AllRelayed())
    return MakeError(ErrorCode::kPermission, "publish port {}: only root may use it; choose one above, or have sysctl "
                     "net.ipv4.ip_unprivileged_port_start lowered", Describe(port));
  if (error != 0) return common::Error::FromErrno(error, fmt::format("hold port {}", Describe(port)));
  return fd;
}

}  // namespace

Result<std::vector<HeldPort>> BindHostPort(const Port& port, const std::string& proc_root,
                                           const std::function<std::string(const Port&)>& pod_holding, Ipv6Side v6) {
  if (port.host_port == 0)
    return MakeError(ErrorCode::kInvalid, "publish container port {}: no host port", port.container_port);
  if (port.protocol != "tcp" && port.protocol != "udp" && port.protocol != "sctp")
    return MakeError(ErrorCode::kInvalid, "publish port {}: protocols are tcp, udp and sctp", Describe(port));
  if (AllRelayed() && port.protocol == "sctp")
    return MakeError(ErrorCode::kUnsupported, "publish port {}: without root SCTP cannot be relayed; publish TCP or UDP, or run "
                     "skiff as root", Describe(port));
  std::vector<IpAddress> addresses = {IpAddress(), IpAddress{.v6 = true}};
  if (AllRelayed()) {
    addresses.erase(addresses.begin());  // the other is of both families
  } else if (v6 == Ipv6Side::kLoopback) {
    ASSIGN_OR_RETURN(addresses.back(), IpAddress::Parse("::1"));
  }
  if (!port.host_ip.empty()) {
    ASSIGN_OR_RETURN(const IpAddress address, IpAddress::Parse(port.host_ip), "publish port {}", Describe(port));
    addresses = {address};
  }
  std::vector<HeldPort> held;
  for (const IpAddress& address : addresses) {
    ASSIGN_OR_RETURN(UniqueFd fd, BindOne(port, address, proc_root, pod_holding));
    if (!fd) continue;
    const bool relayed = (address.v6 || AllRelayed()) && port.protocol != "sctp";
    held.push_back({std::move(fd), port, relayed});
  }
  return held;
}

}  // namespace skiff::network
