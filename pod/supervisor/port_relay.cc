#include "pod/supervisor/port_relay.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/epoll.h>

#include "pod/supervisor/tcp_relay.h"
#include "pod/supervisor/udp_relay.h"

namespace skiff::supervisor {

using common::Result;
using common::UniqueFd;

Result<RelayAddress> RelayAddress::Of(const RelayTarget& target) {
  RelayAddress address;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&address.storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
  if (::inet_pton(AF_INET, target.address.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(target.port);
    address.size = sizeof *v4;
    return address;
  }
  if (::inet_pton(AF_INET6, target.address.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(target.port);
    address.size = sizeof *v6;
    return address;
  }
  return common::MakeError(common::ErrorCode::kInvalid, "\"{}\" is not an address to relay to", target.address);
}

Result<std::unique_ptr<PortRelay>> PortRelay::Start(EventLoop& loop, UniqueFd socket, bool udp,
                                                    const RelayTarget& target, OpenRelaySocket open) {
  ASSIGN_OR_RETURN(const RelayAddress address, RelayAddress::Of(target));
  const int flags = ::fcntl(socket.get(), F_GETFL);
  if (flags < 0 || ::fcntl(socket.get(), F_SETFL, flags | O_NONBLOCK) != 0) return common::ErrnoError("fcntl");
  std::unique_ptr<PortRelay> relay;
  if (udp) {
    relay = std::make_unique<UdpRelay>(loop, std::move(socket), address, std::move(open));
    const int on = 1;
    ::setsockopt(relay->socket(), IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on);
  } else {
    relay = std::make_unique<TcpRelay>(loop, std::move(socket), address, std::move(open));
    // Past connections in TIME_WAIT are no hindrance. Taken away again, as another program could listen here as well.
    const int on = 1;
    const int off = 0;
    ::setsockopt(relay->socket(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (::listen(relay->socket(), SOMAXCONN) != 0) return common::ErrnoError("listen on a published port");
    ::setsockopt(relay->socket(), SOL_SOCKET, SO_REUSEADDR, &off, sizeof off);
  }
  TRY(loop.Watch(relay->socket(), EPOLLIN, [raw = relay.get()](uint32_t) { raw->OnReadable(); }));
  return relay;
}

PortRelay::~PortRelay() { loop_.Unwatch(socket_.get()); }

void PortRelay::MoveTo(const RelayTarget& target) {
  if (const auto address = RelayAddress::Of(target)) target_ = *address;
}

}  // namespace skiff::supervisor
