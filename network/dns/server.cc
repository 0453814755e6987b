#include "network/dns/server.h"

#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "common/user_namespace.h"
#include "network/dns/socket_address.h"

namespace skiff::dns {

using common::ErrnoError;
using common::ErrorCode;
using common::MakeError;
using common::Result;
using common::UniqueFd;

namespace {

constexpr size_t kMostConnections = 256;
constexpr size_t kLargestBacklog = 1 << 20;  // bytes that a client of TCP has not taken yet
constexpr std::chrono::seconds kIdleConnection{10};
constexpr int kDatagramsAtOnce = 64;  // then others get their turn
constexpr int kLongestAlias = 8;

// errno in `error`.
UniqueFd Bind(const std::string& address, uint16_t port, int type, int& error) {
  const auto name = SocketAddress::Parse(address, port);
  error = EINVAL;
  if (!name) return {};
  UniqueFd fd(::socket(name->family(), type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  if (fd && type == SOCK_STREAM) ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  // The bridge may be made anew while we listen.
  if (fd) ::setsockopt(fd.get(), SOL_IP, IP_FREEBIND, &on, sizeof on);
  if (fd && name->family() == AF_INET6) ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (!fd || ::bind(fd.get(), name->get(), name->size()) != 0 || (type == SOCK_STREAM && ::listen(fd.get(), 64) != 0)) {
    error = errno;
    return {};
  }
  error = 0;
  return fd;
}

uint16_t PortOf(int fd) {
  SocketAddress name;
  return ::getsockname(fd, name.get(), name.reset()) == 0 ? name.port() : uint16_t{0};
}

// Absent: the port is taken somewhere. `port` 0: any, chosen by the first socket.
Result<std::optional<Listeners>> TryListen(const std::vector<std::string>& addresses, uint16_t port) {
  Listeners listeners{.port = port};
  for (const std::string& address : addresses) {
    int error = 0;
    Listeners::Pair pair;
    pair.udp = Bind(address, listeners.port, SOCK_DGRAM, error);
    if (pair.udp && listeners.port == 0) listeners.port = PortOf(pair.udp.get());
    if (pair.udp) pair.tcp = Bind(address, listeners.port, SOCK_STREAM, error);
    if (error == EADDRINUSE || error == EACCES) return std::optional<Listeners>();
    if (error != 0) return common::Error::FromErrno(error, fmt::format("listen on {} port {}", address, listeners.port));
    listeners.sockets.push_back(std::move(pair));
  }
  return std::optional(std::move(listeners));
}

std::string Failure(const Query& query, Rcode rcode, size_t limit) {
  return EncodeResponse(query, {.rcode = rcode, .authoritative = false}, limit);
}

}  // namespace

Result<Listeners> Listen(const std::vector<std::string>& addresses, uint16_t port) {
  constexpr int kTries = 16;
  for (int i = 0; i < kTries; ++i) {
    ASSIGN_OR_RETURN(auto listeners, TryListen(addresses, i == 0 ? port : uint16_t{0}));
    if (listeners) return std::move(*listeners);
  }
  return MakeError(ErrorCode::kBusy, "no port is free for UDP and TCP on {}", fmt::join(addresses, ", "));
}

Server::Server(Poller poller, ZoneFiles files)
    : poller_(std::move(poller)),
      files_(std::move(files)),
      resolvers_("/etc/resolv.conf", common::UserNamespace::Current().has_value()),
      forwarder_(poller_) {}

Result<Server::End> Server::Serve(const Listeners& listeners, ZoneFiles files, int keeper) {
  ASSIGN_OR_RETURN(Poller poller, Poller::Open());
  Server server(std::move(poller), std::move(files));
  TRY(server.Watch(listeners, keeper));
  return server.Run();
}

Result<> Server::Watch(const Listeners& listeners, int keeper) {
  for (const Listeners::Pair& pair : listeners.sockets) {
    TRY(poller_.Add(pair.udp.get(), EPOLLIN, [this, fd = pair.udp.get()](uint32_t) { ReadDatagrams(fd); }));
    TRY(poller_.Add(pair.tcp.get(), EPOLLIN, [this, fd = pair.tcp.get()](uint32_t) { Accept(fd); }));
  }
  TRY(poller_.Add(files_.fd(), EPOLLIN, [](uint32_t) {}));  // read below, before anything is answered
  return poller_.Add(keeper, EPOLLIN, [this](uint32_t) { end_ = End::kKeeperGone; });
}

Result<Server::End> Server::Run() {
  while (!end_) {
    ASSIGN_OR_RETURN(const bool pods, files_.Refresh(zone_));
    if (!pods) return End::kNoPods;
    std::optional<Time> deadline = forwarder_.NextDeadline();
    for (const auto& [number, connection] : connections_) {
      if (!deadline || connection.deadline < *deadline) deadline = connection.deadline;
    }
    TRY(poller_.Wait(deadline));
    const Time now = std::chrono::steady_clock::now();
    forwarder_.Expire(now);
    std::vector<uint64_t> idle;
    for (const auto& [number, connection] : connections_) {
      if (connection.deadline <= now) idle.push_back(number);
    }
    for (const uint64_t number : idle) CloseConnection(number);
  }
  return *end_;
}

void Server::ReadDatagrams(int fd) {
  for (int i = 0; i < kDatagramsAtOnce; ++i) {
    char buffer[kLargestDatagram];
    SocketAddress client;
    const ssize_t size = ::recvfrom(fd, buffer, sizeof buffer, 0, client.get(), client.reset());
    if (size < 0) return;
    Answer({buffer, static_cast<size_t>(size)}, client.address(), false, [fd, client](const std::string& answer) {
      // A client that has gone, or a full queue: it asks again.
      (void)::sendto(fd, answer.data(), answer.size(), MSG_NOSIGNAL, client.get(), client.size());
    });
  }
}

void Server::Accept(int fd) {
  SocketAddress client;
  UniqueFd socket(::accept4(fd, client.get(), client.reset(), SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!socket || connections_.size() >= kMostConnections) return;
  const uint64_t number = next_connection_++;
  const int handle = socket.get();
  Connection connection{std::move(socket), client.address(), {}, {}, std::chrono::steady_clock::now() + kIdleConnection};
  connections_.emplace(number, std::move(connection));
  const auto added = poller_.Add(handle, EPOLLIN, [this, number](uint32_t events) { ContinueConnection(number, events); });
  if (!added) connections_.erase(number);
}

void Server::ContinueConnection(uint64_t number, uint32_t events) {
  auto found = connections_.find(number);
  if (found == connections_.end()) return;
  if ((events & EPOLLOUT) && !Flush(found->second)) return CloseConnection(number);
  if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR))) return;
  char buffer[16384];
  const ssize_t size = ::recv(found->second.socket.get(), buffer, sizeof buffer, 0);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size <= 0) return CloseConnection(number);
  found->second.in.append(buffer, static_cast<size_t>(size));
  found->second.deadline = std::chrono::steady_clock::now() + kIdleConnection;
  while (true) {
    found = connections_.find(number);  // answering may have closed it
    if (found == connections_.end() || found->second.in.size() < 2) return;
    std::string& in = found->second.in;
    const size_t length = static_cast<size_t>(static_cast<uint8_t>(in[0])) << 8 | static_cast<uint8_t>(in[1]);
    if (in.size() < 2 + length) return;
    const std::string message = in.substr(2, length), client = found->second.client;
    in.erase(0, 2 + length);
    Answer(message, client, true, [this, number](const std::string& answer) { WriteConnection(number, answer); });
  }
}

void Server::WriteConnection(uint64_t number, const std::string& answer) {
  const auto found = connections_.find(number);
  if (found == connections_.end()) return;  // gone meanwhile
  Connection& connection = found->second;
  connection.out += static_cast<char>(answer.size() >> 8);
  connection.out += static_cast<char>(answer.size() & 255);
  connection.out += answer;
  if (!Flush(connection) || connection.out.size() > kLargestBacklog) CloseConnection(number);
}

bool Server::Flush(Connection& connection) {
  const int fd = connection.socket.get();
  while (!connection.out.empty()) {
    const ssize_t sent = ::send(fd, connection.out.data(), connection.out.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) break;
    if (sent < 0) return false;
    connection.out.erase(0, static_cast<size_t>(sent));
  }
  poller_.Change(fd, connection.out.empty() ? uint32_t{EPOLLIN} : uint32_t{EPOLLIN} | EPOLLOUT);
  return true;
}

void Server::CloseConnection(uint64_t number) {
  const auto found = connections_.find(number);
  if (found == connections_.end()) return;
  poller_.Remove(found->second.socket.get());
  connections_.erase(found);
}

void Server::Answer(std::string_view message, const std::string& client, bool tcp, Reply reply) {
  const auto parsed = ParseQuery(message);
  if (!parsed) return;
  const Query& query = parsed->query;
  const size_t limit = tcp ? kLargestMessage : query.answer_size;
  if (parsed->rcode != kNoError) return reply(Failure(query, parsed->rcode, limit));
  if (query.klass != kInternet && query.klass != kAnyClass) return reply(Failure(query, kRefused, limit));
  // What was changed before the question came shall be in the answer.
  if (const auto pods = files_.Refresh(zone_); pods && !*pods) end_ = End::kNoPods;
  Verdict verdict = zone_.Resolve(query.name, query.type);
  if (IsUnknownPodName(query.name, verdict)) {
    if (auto elsewhere = ResolveOnOtherNetworks(query, client)) verdict = std::move(*elsewhere);
  }
  switch (verdict.kind) {
    case Verdict::Kind::kAnswer:
      return reply(EncodeResponse(query, verdict.response, limit));
    case Verdict::Kind::kForward:
      return Forward(query, message, client, tcp, std::move(reply));
    case Verdict::Kind::kFollow:
      return Follow(query, std::move(verdict), client, limit, std::move(reply));
  }
}

// As podman: a pod on several networks finds the names of all of them, whichever of their name servers it asks.
std::optional<Verdict> Server::ResolveOnOtherNetworks(const Query& query, const std::string& client) const {
  const std::string pod = zone_.PodAt(client);
  if (pod.empty()) return std::nullopt;
  Zone others;
  files_.ReadOtherNetworks(pod, others);
  Verdict verdict = others.Resolve(query.name, query.type);
  if (verdict.kind != Verdict::Kind::kAnswer || verdict.response.rcode != kNoError) return std::nullopt;
  return verdict;
}

void Server::Forward(const Query& query, std::string_view message, const std::string& client, bool tcp, Reply reply) {
  const size_t limit = tcp ? kLargestMessage : query.answer_size;
  if (!files_.network().forward) return reply(Failure(query, kNameError, limit));
  forwarder_.Ask(message, ServersFor(client), tcp,
                 [query, limit, reply = std::move(reply)](std::optional<std::string> answer) {
                   if (!answer) return reply(Failure(query, kServerFailure, limit));
                   if (answer->size() <= limit) return reply(std::move(*answer));
                   // Some servers send more than was asked for; the client may have no room for it.
                   reply(EncodeResponse(query, {.authoritative = false, .truncated = true}, limit));
                 });
}

void Server::Follow(const Query& query, Verdict verdict, const std::string& client, size_t limit, Reply reply) {
  Response response = std::move(verdict.response);
  std::string target = std::move(verdict.target);
  for (int step = 0; step < kLongestAlias; ++step) {
    Verdict next = zone_.Resolve(target, query.type);
    if (next.kind == Verdict::Kind::kForward) break;
    response.answers.insert(response.answers.end(), next.response.answers.begin(), next.response.answers.end());
    if (next.kind == Verdict::Kind::kAnswer) {
      response.rcode = next.response.rcode;
      response.authorities = std::move(next.response.authorities);
      return reply(EncodeResponse(query, response, limit));
    }
    target = std::move(next.target);
    if (step + 1 == kLongestAlias) return reply(Failure(query, kServerFailure, limit));
  }
  if (!files_.network().forward) return reply(EncodeResponse(query, response, limit));
  FollowElsewhere({.query = query, .limit = limit, .response = std::move(response), .target = std::move(target),
                   .servers = ServersFor(client), .reply = std::move(reply)}, false);
}

void Server::FollowElsewhere(Following following, bool tcp) {
  uint16_t id = 0;
  (void)::getrandom(&id, sizeof id, 0);
  const std::string question = EncodeQuestion(id, following.target, following.query.type);
  const std::vector<std::string> servers = following.servers;
  forwarder_.Ask(question, servers, tcp, [this, tcp, following = std::move(following)](std::optional<std::string> answer) mutable {
    const auto found = answer ? ParseAnswer(*answer) : std::nullopt;
    if (!found) {  // nobody could be asked, but the alias is ours
      following.response.rcode = kServerFailure;
      following.response.authorities.clear();
      return following.reply(EncodeResponse(following.query, following.response, following.limit));
    }
    // All of it is needed to know what of it fits behind the alias.
    if (found->truncated && !tcp) return FollowElsewhere(std::move(following), true);
    Response& response = following.response;
    response.rcode = found->rcode;
    response.answers.insert(response.answers.end(), found->answers.begin(), found->answers.end());
    following.reply(EncodeResponse(following.query, response, following.limit));
  });
}

std::vector<std::string> Server::ServersFor(const std::string& client) {
  std::vector<std::string> servers = zone_.ServersOf(client);
  if (servers.empty()) servers = files_.network().servers;
  if (servers.empty()) servers = resolvers_.Servers();
  // A host that asks us would be asked by us.
  std::erase_if(servers, [&](const std::string& server) {
    const auto& own = files_.network().addresses;
    return std::find(own.begin(), own.end(), server) != own.end();
  });
  return servers;
}

}  // namespace skiff::dns
