#include "pod/supervisor/reaper_link.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace skiff::supervisor {

using common::Result;

namespace {

constexpr size_t kMaxText = 512;

union ControlBuffer {
  cmsghdr align;
  char bytes[CMSG_SPACE(sizeof(int))];
};

}  // namespace

Result<> SendLinkMessage(int socket, std::string_view text, int fd) {
  iovec part{const_cast<char*>(text.data()), text.size()};
  ControlBuffer control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (fd >= 0) {
    message.msg_control = control.bytes;
    message.msg_controllen = sizeof control.bytes;
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof fd);
    std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
  }
  while (::sendmsg(socket, &message, MSG_NOSIGNAL) < 0) {
    if (errno == EINTR) continue;
    if (errno == EPIPE || errno == ECONNRESET)
      return common::MakeError(common::ErrorCode::kUnavailable, "the other side has gone");
    return common::ErrnoError("send \"{}\"", text);
  }
  return {};
}

Result<std::optional<LinkMessage>> ReceiveLinkMessage(int socket) {
  char text[kMaxText];
  iovec part{text, sizeof text};
  ControlBuffer control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.bytes;
  message.msg_controllen = sizeof control.bytes;
  ssize_t n;
  do n = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  while (n < 0 && errno == EINTR);
  if (n == 0 || (n < 0 && errno == ECONNRESET)) return std::optional<LinkMessage>();
  if (n < 0) return common::ErrnoError("receive between reaper and supervisor");
  LinkMessage result;
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    int fd;
    std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
    result.fd.Reset(fd);
  }
  const std::string_view line(text, static_cast<size_t>(n));
  const size_t space = line.find(' ');
  result.word = line.substr(0, space);
  if (space != std::string_view::npos) result.argument = line.substr(space + 1);
  return std::optional<LinkMessage>(std::move(result));
}

}  // namespace skiff::supervisor
