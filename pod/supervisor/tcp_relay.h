// Relays TCP connections, both directions of each independently of the other.
#pragma once

#include <list>
#include <memory>
#include <string>

#include "pod/supervisor/port_relay.h"

namespace skiff::supervisor {

class TcpRelay : public PortRelay {
 public:
  using PortRelay::PortRelay;
  ~TcpRelay() override;

 private:
  // From one socket to the other.
  struct Direction {
    int from = -1;
    int to = -1;
    std::string pending;  // read and not yet written
    bool ended = false;   // nothing more to read
    bool told = false;    // ... and the other side knows
  };
  struct Connection {
    common::UniqueFd client;
    common::UniqueFd pod;
    bool connected = false;
    bool client_watched = false;
    bool pod_watched = false;
    Direction request;
    Direction response;
  };
  using Connections = std::list<std::unique_ptr<Connection>>;

  void OnReadable() override;
  common::Result<> Open(common::UniqueFd client);
  void OnEvent(Connection* connection, int fd, uint32_t events);
  // False: the connection is broken or done.
  bool Serve(Connection& connection);
  static bool Move(Direction& direction);
  void Rearm(Connection& connection);
  void Arm(Connection& connection, int fd, bool& watched, uint32_t events);
  void Close(Connection* connection);

  Connections connections_;
};

}  // namespace skiff::supervisor
