#include "pod/supervisor/reaper_link.h"

#include "pod/supervisor/packet.h"

namespace skiff::supervisor {

using common::Result;

namespace {

constexpr size_t kMaxText = 512;  // bytes: "fd" or "keep" with a name, "exit" with a record

}  // namespace

Result<> SendLinkMessage(int socket, std::string_view text, int fd) {
  TRY(SendPacket(socket, text, fd), "send \"{}\"", text);
  return {};
}

Result<std::optional<LinkMessage>> ReceiveLinkMessage(int socket) {
  LinkMessage result;
  ASSIGN_OR_RETURN(const auto packet, ReceivePacket(socket, &result.fd, kMaxText), "between reaper and supervisor");
  if (!packet) return std::optional<LinkMessage>();
  const std::string_view line = *packet;
  const size_t space = line.find(' ');
  result.word = line.substr(0, space);
  if (space != std::string_view::npos) result.argument = line.substr(space + 1);
  return std::optional<LinkMessage>(std::move(result));
}

}  // namespace skiff::supervisor
