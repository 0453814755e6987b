// Relays datagrams: each client gets a socket of its own towards the pod, until it has been silent for a while.
#pragma once

#include <netinet/in.h>

#include <map>
#include <string>

#include "pod/supervisor/port_relay.h"

namespace skiff::supervisor {

class UdpRelay : public PortRelay {
 public:
  using PortRelay::PortRelay;
  ~UdpRelay() override;

 private:
  struct Session {
    sockaddr_in6 client{};
    in6_pktinfo local{};  // the address of ours that the client speaks to
    common::UniqueFd pod;
    EventLoop::Clock::time_point last_used;
  };
  // Client address and port, and ours.
  using Key = std::string;

  void OnReadable() override;
  Session* Find(const sockaddr_in6& client, const in6_pktinfo& local);
  void OnAnswer(const Key& key);
  void ForgetSilent();

  std::map<Key, Session> sessions_;
  EventLoop::TimerId timer_ = 0;
};

}  // namespace skiff::supervisor
