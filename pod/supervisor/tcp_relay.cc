#include "pod/supervisor/tcp_relay.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <cerrno>

namespace skiff::supervisor {

using common::Result;
using common::UniqueFd;

namespace {

constexpr size_t kChunk = 64 * 1024;
constexpr int kConnectionsPerRound = 64;  // the pod's other events are not to wait for a flood of them

bool WouldBlock() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

}  // namespace

TcpRelay::~TcpRelay() {
  while (!connections_.empty()) Close(connections_.front().get());
}

void TcpRelay::OnReadable() {
  for (int i = 0; i < kConnectionsPerRound; ++i) {
    UniqueFd client(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!client) return;
    // A connection that cannot go on is closed: the client sees that.
    (void)Open(std::move(client));
  }
}

Result<> TcpRelay::Open(UniqueFd client) {
  const int on = 1;
  // What stays of it in TIME_WAIT shall not keep the port from the pod's next run.
  ::setsockopt(client.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  ::setsockopt(client.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ASSIGN_OR_RETURN(UniqueFd pod, open_(target_.storage.ss_family, SOCK_STREAM));
  ::setsockopt(pod.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(pod.get(), target_.get(), target_.size) != 0 && errno != EINPROGRESS)
    return common::ErrnoError("connect to the pod");
  auto connection = std::make_unique<Connection>();
  Connection* raw = connection.get();
  raw->client = std::move(client);
  raw->pod = std::move(pod);
  raw->request = {.from = raw->client.get(), .to = raw->pod.get()};
  raw->response = {.from = raw->pod.get(), .to = raw->client.get()};
  Arm(*raw, raw->pod.get(), raw->pod_watched, EPOLLOUT);
  if (!raw->pod_watched) return common::ErrnoError("watch a relayed connection");
  connections_.push_back(std::move(connection));
  return {};
}

void TcpRelay::OnEvent(Connection* connection, int fd, uint32_t events) {
  if (!connection->connected && fd == connection->pod.get()) {
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return Close(connection);
    connection->connected = true;
  }
  if ((events & EPOLLERR) != 0 || !Serve(*connection)) return Close(connection);
  Rearm(*connection);
}

bool TcpRelay::Serve(Connection& connection) {
  if (!Move(connection.request) || !Move(connection.response)) return false;
  return !(connection.request.told && connection.response.told);
}

bool TcpRelay::Move(Direction& direction) {
  if (direction.pending.empty() && !direction.ended) {
    direction.pending.resize(kChunk);
    const ssize_t n = ::recv(direction.from, direction.pending.data(), kChunk, 0);
    if (n < 0 && !WouldBlock()) return false;
    direction.pending.resize(n > 0 ? static_cast<size_t>(n) : 0);
    direction.ended = n == 0;
  }
  if (!direction.pending.empty()) {
    const ssize_t n = ::send(direction.to, direction.pending.data(), direction.pending.size(), MSG_NOSIGNAL);
    if (n < 0 && !WouldBlock()) return false;
    if (n > 0) direction.pending.erase(0, static_cast<size_t>(n));
  }
  if (direction.pending.empty()) direction.pending.shrink_to_fit();
  if (direction.ended && direction.pending.empty() && !direction.told) {
    ::shutdown(direction.to, SHUT_WR);
    direction.told = true;
  }
  return true;
}

void TcpRelay::Rearm(Connection& connection) {
  const auto interest = [](const Direction& out, const Direction& in) {
    uint32_t events = 0;
    if (out.pending.empty() && !out.ended) events |= EPOLLIN;
    if (!in.pending.empty()) events |= EPOLLOUT;
    return events;
  };
  Arm(connection, connection.client.get(), connection.client_watched, interest(connection.request, connection.response));
  Arm(connection, connection.pod.get(), connection.pod_watched, interest(connection.response, connection.request));
}

// A side of which nothing is wanted now is not watched at all: that it has hung up would be reported without end.
void TcpRelay::Arm(Connection& connection, int fd, bool& watched, uint32_t events) {
  if (events == 0) {
    if (watched) loop_.Unwatch(fd);
    watched = false;
  } else if (watched) {
    loop_.Change(fd, events);
  } else {
    Connection* raw = &connection;
    watched = loop_.Watch(fd, events, [this, raw, fd](uint32_t got) { OnEvent(raw, fd, got); }).has_value();
  }
}

void TcpRelay::Close(Connection* connection) {
  loop_.Unwatch(connection->client.get());
  loop_.Unwatch(connection->pod.get());
  connections_.remove_if([connection](const auto& kept) { return kept.get() == connection; });
}

}  // namespace skiff::supervisor
