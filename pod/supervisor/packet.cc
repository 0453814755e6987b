#include "pod/supervisor/packet.h"

#include <sys/socket.h>

#include <cerrno>

#include "pod/supervisor/protocol.h"

namespace skiff::supervisor {

using common::ErrnoError;

common::Result<> SendPacket(int fd, std::string_view data) {
  while (::send(fd, data.data(), data.size(), MSG_NOSIGNAL) < 0) {
    if (errno == EINTR) continue;
    if (errno == EPIPE || errno == ECONNRESET)
      return common::MakeError(common::ErrorCode::kUnavailable, "the other side has closed the connection");
    return ErrnoError("send packet of {} bytes", data.size());
  }
  return {};
}

common::Result<std::optional<std::string>> ReceivePacket(int fd) {
  std::string buffer(kMaxPacket, '\0');
  while (true) {
    const ssize_t n = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (n < 0 && errno == EINTR) continue;
    if (n == 0 || (n < 0 && errno == ECONNRESET)) return std::optional<std::string>();
    if (n < 0) return ErrnoError("receive packet");
    buffer.resize(static_cast<size_t>(n));
    return std::optional<std::string>(std::move(buffer));
  }
}

}  // namespace skiff::supervisor
