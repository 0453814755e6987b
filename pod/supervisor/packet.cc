#include "pod/supervisor/packet.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace skiff::supervisor {

using common::ErrnoError;

namespace {

union ControlBuffer {
  cmsghdr align;
  char bytes[CMSG_SPACE(sizeof(int))];
};

}  // namespace

common::Result<> SendPacket(int fd, std::string_view data, int passed) {
  iovec part{const_cast<char*>(data.data()), data.size()};
  ControlBuffer control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (passed >= 0) {
    message.msg_control = control.bytes;
    message.msg_controllen = sizeof control.bytes;
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof passed);
    std::memcpy(CMSG_DATA(header), &passed, sizeof passed);
  }
  while (::sendmsg(fd, &message, MSG_NOSIGNAL) < 0) {
    if (errno == EINTR) continue;
    if (errno == EPIPE || errno == ECONNRESET)
      return common::MakeError(common::ErrorCode::kUnavailable, "the other side has closed the connection");
    return ErrnoError("send packet of {} bytes", data.size());
  }
  return {};
}

common::Result<std::optional<std::string>> ReceivePacket(int fd, common::UniqueFd* passed, size_t limit) {
  std::string buffer(limit, '\0');
  iovec part{buffer.data(), buffer.size()};
  ControlBuffer control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (passed != nullptr) {
    message.msg_control = control.bytes;
    message.msg_controllen = sizeof control.bytes;
  }
  ssize_t n;
  // ECONNRESET comes once, before what is still in the socket, when the other side ended without having read all of ours.
  do n = ::recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
  while (n < 0 && (errno == EINTR || errno == ECONNRESET));
  if (n == 0) return std::optional<std::string>();
  if (n < 0) return ErrnoError("receive packet");
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    int received;
    std::memcpy(&received, CMSG_DATA(header), sizeof received);
    passed->Reset(received);
  }
  buffer.resize(static_cast<size_t>(n));
  return std::optional<std::string>(std::move(buffer));
}

}  // namespace skiff::supervisor
