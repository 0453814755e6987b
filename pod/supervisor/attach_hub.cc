#include "pod/supervisor/attach_hub.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "pod/supervisor/protocol.h"

namespace skiff::supervisor {

namespace {
constexpr size_t kPacketData = 32 * 1024;
constexpr char kExitPacket = 1;
}  // namespace

AttachHub::AttachHub(EventLoop& loop, std::string spill_dir, bool stdin_once)
    : loop_(loop), spill_dir_(std::move(spill_dir)), stdin_once_(stdin_once) {}

AttachHub::~AttachHub() {
  for (auto& client : clients_) loop_.Unwatch(client.fd.get());
}

void AttachHub::Add(common::UniqueFd fd) {
  ::fcntl(fd.get(), F_SETFL, O_NONBLOCK);
  const auto client = clients_.emplace(clients_.end(), std::move(fd), spill_dir_);
  const auto watched = loop_.Watch(client->fd.get(), 0, [this, client](uint32_t events) { OnEvents(client, events); });
  if (!watched) {
    clients_.erase(client);
    return;
  }
  Update(*client);
}

void AttachHub::Broadcast(Stream stream, std::string_view data) {
  while (!data.empty() && !clients_.empty()) {
    std::string packet(1, static_cast<char>(stream));
    packet += data.substr(0, kPacketData);
    data.remove_prefix(std::min(data.size(), kPacketData));
    for (auto& client : clients_) Send(client, packet);
  }
}

void AttachHub::Finish(int exit_code) {
  for (auto& client : clients_) {
    Send(client, fmt::format("{}{}", kExitPacket, exit_code));
    client.finished = true;
    Flush(client);
  }
}

void AttachHub::SetInput(StdinPipe* input) {
  input_ = input;
  UpdateAll();
}

void AttachHub::DiscardInput() {
  discard_input_ = true;
  UpdateAll();
}

bool AttachHub::drained() const {
  return std::all_of(clients_.begin(), clients_.end(), [](const Client& c) { return c.gone || c.queue.empty(); });
}

void AttachHub::OnEvents(ClientIterator client, uint32_t events) {
  if (events & EPOLLIN) ReadInput(*client);
  if (events & EPOLLOUT) Flush(*client);
  if (events & (EPOLLHUP | EPOLLERR)) {
    // One that only watched ends nobody's input by leaving.
    if (client->has_sent) EndInput(*client);
    client->gone = true;
    Update(*client);
  }
}

void AttachHub::ReadInput(Client& client) {
  std::string buffer(kMaxPacket, '\0');
  const ssize_t n = ::recv(client.fd.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) {
    EndInput(client);
    return Update(client);
  }
  client.has_sent = true;
  if (input_ != nullptr) {
    input_->Write(std::string_view(buffer).substr(0, static_cast<size_t>(n)));
  }
  UpdateAll();
}

void AttachHub::EndInput(Client& client) {
  if (!client.input_open) return;
  client.input_open = false;
  if (input_ != nullptr && stdin_once_) input_->Close();
}

void AttachHub::Send(Client& client, std::string packet) {
  if (client.gone || client.finished) return;
  if (!client.queue.Push(std::move(packet))) client.gone = true;
  Flush(client);
}

void AttachHub::Flush(Client& client) {
  while (!client.gone && !client.queue.empty()) {
    const std::string& packet = client.queue.front();
    const ssize_t n = ::send(client.fd.get(), packet.data(), packet.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && (errno == EAGAIN || errno == ENOBUFS)) break;
    if (n < 0 || !client.queue.Pop()) client.gone = true;
  }
  if (client.finished && client.queue.empty()) client.gone = true;
  Update(client);
}

void AttachHub::Update(Client& client) {
  if (client.gone) {
    // Not here: callers iterate over the list.
    loop_.Unwatch(client.fd.get());
    loop_.Defer([this, alive = std::weak_ptr<bool>(alive_)] {
      if (!alive.expired()) RemoveGone();
    });
    return;
  }
  const bool takes_input = client.input_open && (discard_input_ || (input_ != nullptr && !input_->full()));
  loop_.Change(client.fd.get(), (takes_input ? EPOLLIN : 0u) | (client.queue.empty() ? 0u : EPOLLOUT));
}

void AttachHub::UpdateAll() {
  for (auto& client : clients_) Update(client);
}

void AttachHub::RemoveGone() {
  std::erase_if(clients_, [](const Client& client) { return client.gone; });
}

}  // namespace skiff::supervisor
