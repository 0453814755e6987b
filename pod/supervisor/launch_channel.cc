#include "pod/supervisor/launch_channel.h"

#include <sys/epoll.h>

#include "pod/supervisor/packet.h"

namespace skiff::supervisor {

using common::Result;

Result<std::unique_ptr<LaunchChannel>> LaunchChannel::Open(EventLoop& loop, common::UniqueFd socket,
                                                           std::function<void()> network_ready,
                                                           std::function<void()> gone) {
  std::unique_ptr<LaunchChannel> channel(new LaunchChannel(loop, std::move(socket)));
  const int fd = channel->socket_.get();
  TRY(loop.Watch(fd, EPOLLIN,
                 [&loop, fd, network_ready = std::move(network_ready), gone = std::move(gone)](uint32_t) {
                   const auto packet = ReceivePacket(fd);
                   if (packet && *packet) return network_ready();
                   loop.Unwatch(fd);
                   gone();
                 }));
  return channel;
}

LaunchChannel::~LaunchChannel() { loop_.Unwatch(socket_.get()); }

bool LaunchChannel::Send(const LaunchEvent& event) {
  return SendPacket(socket_.get(), common::EncodeJson(event)).has_value();
}

}  // namespace skiff::supervisor
