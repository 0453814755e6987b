#include "pod/supervisor/control_server.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "common/file.h"
#include "pod/supervisor/packet.h"
#include "pod/supervisor/socket_address.h"

namespace skiff::supervisor {

using common::Result;
using common::UniqueFd;

void ControlConnection::Reply(const ControlReply& reply) {
  if (fd_) (void)SendPacket(fd_.get(), common::EncodeJson(reply));
}

UniqueFd ControlConnection::TakeStream() {
  release_();
  return std::move(fd_);
}

Result<std::unique_ptr<ControlServer>> ControlServer::Listen(EventLoop& loop, const std::string& run_dir, Handler handler) {
  std::unique_ptr<ControlServer> server(new ControlServer(loop, run_dir, std::move(handler)));
  ASSIGN_OR_RETURN(const auto address, DirectorySocketAddress::In(run_dir, kControlSocket));
  const std::string path = common::JoinPath(run_dir, kControlSocket);
  TRY(common::RemoveFile(path));
  server->socket_ = UniqueFd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!server->socket_) return common::ErrnoError("socket");
  if (::bind(server->socket_.get(), address.get(), address.size()) != 0 || ::chmod(path.c_str(), 0600) != 0 ||
      ::listen(server->socket_.get(), SOMAXCONN) != 0)
    return common::ErrnoError("listen on {}", path);
  TRY(loop.Watch(server->socket_.get(), EPOLLIN, [raw = server.get()](uint32_t) { raw->OnConnect(); }));
  return server;
}

ControlServer::~ControlServer() {
  if (socket_) loop_.Unwatch(socket_.get());
  for (const auto& connection : connections_) loop_.Unwatch(connection->fd_.get());
  (void)common::RemoveFile(common::JoinPath(run_dir_, kControlSocket));
}

void ControlServer::OnConnect() {
  UniqueFd fd(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!fd) return;
  auto connection = std::make_shared<ControlConnection>(std::move(fd));
  ControlConnection* raw = connection.get();
  connection->release_ = [this, raw] { Remove(raw); };
  const auto watched = loop_.Watch(raw->fd_.get(), EPOLLIN, [this, weak = std::weak_ptr(connection)](uint32_t) {
    if (const auto alive = weak.lock()) OnRequest(alive);
  });
  if (watched) connections_.push_back(std::move(connection));
}

void ControlServer::OnRequest(const std::shared_ptr<ControlConnection>& connection) {
  const auto packet = ReceivePacket(connection->fd_.get(), &connection->passed_);
  if (!packet || !*packet) return Remove(connection.get());
  const auto request = common::DecodeJson<ControlRequest>(**packet, "request");
  if (!request) return connection->ReplyError("", request.error().message());
  handler_(*request, connection);
}

void ControlServer::Remove(ControlConnection* connection) {
  loop_.Unwatch(connection->fd_.get());
  connections_.remove_if([connection](const auto& kept) { return kept.get() == connection; });
}

}  // namespace skiff::supervisor
