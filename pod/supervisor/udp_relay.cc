#include "pod/supervisor/udp_relay.h"

#include <sys/epoll.h>

#include <array>
#include <cstring>

namespace skiff::supervisor {

using common::UniqueFd;

namespace {

constexpr size_t kLargestDatagram = 65536;
constexpr size_t kMostSessions = 1024;
constexpr std::chrono::seconds kSilence{60};
constexpr int kDatagramsPerRound = 64;

union ControlBuffer {
  cmsghdr align;
  char bytes[CMSG_SPACE(sizeof(in6_pktinfo))];
};

std::string KeyOf(const sockaddr_in6& client, const in6_pktinfo& local) {
  std::string key(reinterpret_cast<const char*>(&client.sin6_addr), sizeof client.sin6_addr);
  key.append(reinterpret_cast<const char*>(&client.sin6_port), sizeof client.sin6_port);
  key.append(reinterpret_cast<const char*>(&local.ipi6_addr), sizeof local.ipi6_addr);
  return key;
}

}  // namespace

UdpRelay::~UdpRelay() {
  if (timer_ != 0) loop_.Cancel(timer_);
  for (const auto& [key, session] : sessions_) loop_.Unwatch(session.pod.get());
}

void UdpRelay::OnReadable() {
  std::string data(kLargestDatagram, '\0');
  for (int i = 0; i < kDatagramsPerRound; ++i) {
    sockaddr_in6 client{};
    ControlBuffer control{};
    iovec part{data.data(), data.size()};
    msghdr message{};
    message.msg_name = &client;
    message.msg_namelen = sizeof client;
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.bytes;
    message.msg_controllen = sizeof control.bytes;
    const ssize_t n = ::recvmsg(socket_.get(), &message, 0);
    if (n < 0) return;
    in6_pktinfo local{};
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
      if (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_PKTINFO)
        std::memcpy(&local, CMSG_DATA(header), sizeof local);
    }
    // As on any network: what cannot be passed on is lost.
    if (Session* session = Find(client, local)) (void)::send(session->pod.get(), data.data(), static_cast<size_t>(n), 0);
  }
}

UdpRelay::Session* UdpRelay::Find(const sockaddr_in6& client, const in6_pktinfo& local) {
  const Key key = KeyOf(client, local);
  const auto known = sessions_.find(key);
  if (known != sessions_.end()) {
    known->second.last_used = EventLoop::Clock::now();
    return &known->second;
  }
  if (sessions_.size() >= kMostSessions) return nullptr;
  Session session{.client = client, .local = local, .pod = {}, .last_used = EventLoop::Clock::now()};
  auto pod = open_(target_.storage.ss_family, SOCK_DGRAM);
  if (!pod) return nullptr;
  session.pod = std::move(*pod);
  if (::connect(session.pod.get(), target_.get(), target_.size) != 0) return nullptr;
  if (!loop_.Watch(session.pod.get(), EPOLLIN, [this, key](uint32_t) { OnAnswer(key); })) return nullptr;
  if (timer_ == 0) timer_ = loop_.After(kSilence, [this] { ForgetSilent(); });
  return &sessions_.emplace(key, std::move(session)).first->second;
}

void UdpRelay::OnAnswer(const Key& key) {
  const auto found = sessions_.find(key);
  if (found == sessions_.end()) return;
  Session& session = found->second;
  std::string data(kLargestDatagram, '\0');
  for (int i = 0; i < kDatagramsPerRound; ++i) {
    const ssize_t n = ::recv(session.pod.get(), data.data(), data.size(), 0);
    if (n < 0) return;  // also "connection refused", which clears the error
    session.last_used = EventLoop::Clock::now();
    ControlBuffer control{};
    iovec part{data.data(), static_cast<size_t>(n)};
    msghdr message{};
    message.msg_name = &session.client;
    message.msg_namelen = sizeof session.client;
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.bytes;
    message.msg_controllen = sizeof control.bytes;
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = IPPROTO_IPV6;
    header->cmsg_type = IPV6_PKTINFO;
    header->cmsg_len = CMSG_LEN(sizeof session.local);
    std::memcpy(CMSG_DATA(header), &session.local, sizeof session.local);
    (void)::sendmsg(socket_.get(), &message, MSG_NOSIGNAL);
  }
}

void UdpRelay::ForgetSilent() {
  const auto now = EventLoop::Clock::now();
  for (auto at = sessions_.begin(); at != sessions_.end();) {
    if (now - at->second.last_used < kSilence) {
      ++at;
      continue;
    }
    loop_.Unwatch(at->second.pod.get());
    at = sessions_.erase(at);
  }
  timer_ = sessions_.empty() ? 0 : loop_.After(kSilence, [this] { ForgetSilent(); });
}

}  // namespace skiff::supervisor
