// Connections that the kernel cannot translate to the pod: those to [::1], and over IPv6 to a pod without IPv6. They are
// accepted here and carried on to the pod's address.
#pragma once

#include <sys/socket.h>

#include <functional>
#include <memory>
#include <set>
#include <string>

#include "common/result.h"
#include "common/unique_fd.h"
#include "pod/supervisor/event_loop.h"
#include "pod/supervisor/held_port.h"

namespace skiff::supervisor {

// The address that a relay leads to; of either family.
struct RelayAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }

  static common::Result<RelayAddress> Of(const RelayTarget& target);
};

// socket(2), non-blocking, from where the pod can be reached.
using OpenRelaySocket = std::function<common::Result<common::UniqueFd>(int family, int type)>;

class PortRelay {
 public:
  // `socket` is bound; of TCP it is made to listen. Ends, with all its connections, on destruction.
  static common::Result<std::unique_ptr<PortRelay>> Start(EventLoop& loop, common::UniqueFd socket, bool udp,
                                                          const RelayTarget& target, OpenRelaySocket open);
  PortRelay(EventLoop& loop, common::UniqueFd socket, RelayAddress target, OpenRelaySocket open)
      : loop_(loop), socket_(std::move(socket)), target_(target), open_(std::move(open)) {}
  virtual ~PortRelay();

  int socket() const { return socket_.get(); }
  // New connections go there.
  void MoveTo(const RelayTarget& target);

 protected:
  virtual void OnReadable() = 0;

  EventLoop& loop_;
  common::UniqueFd socket_;
  RelayAddress target_;
  OpenRelaySocket open_;
};

}  // namespace skiff::supervisor
