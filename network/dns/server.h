// The name server of one network.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/unique_fd.h"
#include "network/dns/forwarder.h"
#include "network/dns/message.h"
#include "network/dns/poller.h"
#include "network/dns/resolvers.h"
#include "network/dns/zone.h"
#include "network/dns/zone_files.h"

namespace skiff::dns {

// A UDP and a TCP socket per address of the network's host side.
struct Listeners {
  struct Pair {
    common::UniqueFd udp, tcp;
  };
  std::vector<Pair> sockets;
  uint16_t port = 0;
};
inline constexpr uint16_t kDnsPort = 53;
// On this port, or, when it is taken on any of the addresses, on another one.
common::Result<Listeners> Listen(const std::vector<std::string>& addresses, uint16_t port = kDnsPort);

class Server {
 public:
  enum class End { kNoPods, kKeeperGone };

  // `keeper` becomes readable when the process has gone that starts servers again.
  static common::Result<End> Serve(const Listeners& listeners, ZoneFiles files, int keeper);

 private:
  using Reply = std::function<void(std::string answer)>;

  struct Connection {
    common::UniqueFd socket;
    std::string client, in, out;
    Time deadline;
  };

  Server(Poller poller, ZoneFiles files);
  common::Result<> Watch(const Listeners& listeners, int keeper);
  common::Result<End> Run();

  void ReadDatagrams(int fd);
  void Accept(int fd);
  void ContinueConnection(uint64_t number, uint32_t events);
  void WriteConnection(uint64_t number, const std::string& answer);
  bool Flush(Connection& connection);
  void CloseConnection(uint64_t number);

  void Answer(std::string_view message, const std::string& client, bool tcp, Reply reply);
  std::optional<Verdict> ResolveOnOtherNetworks(const Query& query, const std::string& client) const;
  void Forward(const Query& query, std::string_view message, const std::string& client, bool tcp, Reply reply);
  // What an alias outside of our zone leads to is looked up and put behind it.
  void Follow(const Query& query, Verdict verdict, const std::string& client, size_t limit, Reply reply);
  struct Following {
    Query query;
    size_t limit = 0;
    Response response;  // so far
    std::string target;
    std::vector<std::string> servers;
    Reply reply;
  };
  void FollowElsewhere(Following following, bool tcp);
  std::vector<std::string> ServersFor(const std::string& client);

  Poller poller_;
  ZoneFiles files_;
  Zone zone_;
  Resolvers resolvers_;
  Forwarder forwarder_;
  std::map<uint64_t, Connection> connections_;
  uint64_t next_connection_ = 1;
  std::optional<End> end_;
};

}  // namespace skiff::dns
