#include "pod/supervisor/socket_attempt.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "pod/supervisor/http_exchange.h"

namespace skiff::supervisor {

using common::Result;
using common::UniqueFd;

namespace {

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

Result<Address> ToAddress(const Handler& handler) {
  Address address;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&address.storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
  if (::inet_pton(AF_INET, handler.host.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(handler.port);
    address.size = sizeof *v4;
  } else if (::inet_pton(AF_INET6, handler.host.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(handler.port);
    address.size = sizeof *v6;
  } else {
    return common::MakeError(common::ErrorCode::kInvalid, "\"{}\" is not an address", handler.host);
  }
  return address;
}

}  // namespace

Result<std::unique_ptr<SocketAttempt>> SocketAttempt::Start(EventLoop& loop, const NetworkNamespace& where,
                                                            const Handler& handler,
                                                            std::unique_ptr<ProbeExchange> exchange, Done done) {
  std::unique_ptr<SocketAttempt> attempt(new SocketAttempt(loop, handler, std::move(exchange), std::move(done)));
  TRY(attempt->Connect(where));
  return attempt;
}

SocketAttempt::~SocketAttempt() {
  if (socket_) loop_.Unwatch(socket_.get());
}

// The outcome is always told through the loop, even where it is known at once.
Result<> SocketAttempt::Connect(const NetworkNamespace& where) {
  ASSIGN_OR_RETURN(const Address address, ToAddress(handler_));
  ASSIGN_OR_RETURN(socket_, where.Socket(address.storage.ss_family, SOCK_STREAM));
  int error = 0;
  if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.size) != 0) error = errno;
  TRY(loop_.Watch(socket_.get(), EPOLLOUT, [this, error](uint32_t events) {
    if (error != 0 && error != EINPROGRESS) return Fail(error, "connect");
    OnReady(events);
  }));
  return {};
}

void SocketAttempt::OnReady(uint32_t events) {
  if (!connected_) return OnConnected();
  if ((events & EPOLLOUT) != 0 && !to_send_.empty()) return Send();
  OnReadable();
}

void SocketAttempt::OnConnected() {
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return Fail(error, "connect");
  connected_ = true;
  if (!exchange_) return Finish({true, ""});
  to_send_ = exchange_->Request();
  Send();
}

void SocketAttempt::Send() {
  const ssize_t sent = ::send(socket_.get(), to_send_.data(), to_send_.size(), MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN && errno != EINTR) return Fail(errno, "write");
  to_send_.erase(0, static_cast<size_t>(std::max<ssize_t>(sent, 0)));
  loop_.Change(socket_.get(), to_send_.empty() ? EPOLLIN : EPOLLIN | EPOLLOUT);
}

void SocketAttempt::OnReadable() {
  char buffer[4096];
  const ssize_t size = ::recv(socket_.get(), buffer, sizeof buffer, 0);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size < 0) return Fail(errno, "read");
  if (size == 0) return Finish(exchange_->OnEnd());
  std::string reply;
  const auto result = exchange_->OnData(std::string_view(buffer, static_cast<size_t>(size)), reply);
  if (result) return Finish(*result);
  if (reply.empty()) return;
  to_send_ += reply;
  Send();
}

void SocketAttempt::Fail(int error, const char* what) {
  const std::string dial = fmt::format("dial tcp {}: {}: {}", HostAndPort(handler_), what, SocketErrorText(error));
  if (handler_.kind == Handler::Kind::kHttpGet) return Finish({false, fmt::format("Get \"{}\": {}", ProbeUrl(handler_), dial)});
  if (handler_.kind == Handler::Kind::kGrpc)
    return Finish({false, fmt::format("error: failed to connect service \"{}\": {}", HostAndPort(handler_), dial)});
  Finish({false, dial});
}

void SocketAttempt::Finish(const ProbeResult& result) {
  loop_.Unwatch(socket_.get());
  socket_.Reset();
  const Done done = std::move(done_);
  done(result);  // may destroy us
}

}  // namespace skiff::supervisor
