#include "network/dns/forwarder.h"

#include <arpa/inet.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "network/dns/message.h"
#include "network/dns/socket_address.h"

namespace skiff::dns {

namespace {

constexpr size_t kMostRequests = 2000;  // at once; more are refused
// Clients ask again after five seconds; within this all servers have had their turns.
constexpr std::chrono::milliseconds kWholePatience{4500}, kLeastPatience{500}, kMostPatience{2000};
constexpr size_t kRounds = 2;
constexpr uint16_t kPort = 53;

std::string RandomId() {
  std::string id(2, '\0');
  if (::getrandom(id.data(), id.size(), 0) != 2) id = "sk";
  return id;
}

bool CannotHelp(const std::string& answer) {
  const auto rcode = static_cast<uint8_t>(answer[3]) & 15;
  return rcode == kServerFailure || rcode == kRefused || rcode == kNotImplemented;
}

}  // namespace

Forwarder::~Forwarder() {
  for (auto& [number, request] : requests_) CloseSocket(request);
}

void Forwarder::Ask(std::string_view question, std::vector<std::string> servers, bool tcp, Done done) {
  if (servers.empty() || requests_.size() >= kMostRequests || question.size() < kHeaderSize) return done(std::nullopt);
  const auto good = std::find(servers.begin(), servers.end(), last_good_);
  if (good != servers.end()) std::rotate(servers.begin(), good, servers.end());
  Request request;
  request.own_id = question.substr(0, 2);
  request.question = RandomId() + std::string(question.substr(2));
  request.patience = std::clamp(kWholePatience / static_cast<int>(kRounds * servers.size()), kLeastPatience, kMostPatience);
  request.servers = std::move(servers);
  request.tcp = tcp;
  request.done = std::move(done);
  const uint64_t number = next_number_++;
  requests_.emplace(number, std::move(request));
  TryNext(number);
}

void Forwarder::TryNext(uint64_t number) {
  Request& request = requests_.at(number);
  while (request.tries < kRounds * request.servers.size()) {
    CloseSocket(request);
    const std::string& server = request.servers[request.tries++ % request.servers.size()];
    request.deadline = std::chrono::steady_clock::now() + request.patience;
    if (Open(number, request, server)) return;
  }
  Finish(number, std::move(request.refusal));
}

bool Forwarder::Open(uint64_t number, Request& request, const std::string& server) {
  const auto address = SocketAddress::Parse(server, kPort);
  if (!address) return false;
  const int type = (request.tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK;
  request.socket.Reset(::socket(address->family(), type, 0));
  if (!request.socket) return false;
  const int fd = request.socket.get();
  if (::connect(fd, address->get(), address->size()) != 0 && errno != EINPROGRESS) return false;
  uint32_t events = EPOLLIN;
  if (request.tcp) {
    request.in.clear();
    request.out = std::string{static_cast<char>(request.question.size() >> 8), static_cast<char>(request.question.size() & 255)} +
                  request.question;
    events |= EPOLLOUT;
  } else if (::send(fd, request.question.data(), request.question.size(), MSG_NOSIGNAL) < 0) {
    return false;
  }
  return poller_.Add(fd, events, [this, number](uint32_t ready) { Ready(number, ready); }).has_value();
}

void Forwarder::Ready(uint64_t number, uint32_t events) {
  const auto found = requests_.find(number);
  if (found == requests_.end()) return;
  if (found->second.tcp) ContinueStream(number, found->second, events);
  else ReadDatagram(number, found->second);
}

void Forwarder::ReadDatagram(uint64_t number, Request& request) {
  std::string answer(kLargestMessage, '\0');
  const ssize_t size = ::recv(request.socket.get(), answer.data(), answer.size(), 0);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size < 0) return TryNext(number);  // nobody listens there
  answer.resize(static_cast<size_t>(size));
  // Anything else may be somebody's guess: the right answer may still come.
  if (AnswersQuestion(answer, request.question)) Answered(number, request, std::move(answer));
}

void Forwarder::ContinueStream(uint64_t number, Request& request, uint32_t events) {
  const int fd = request.socket.get();
  if ((events & EPOLLOUT) && !request.out.empty()) {
    const ssize_t sent = ::send(fd, request.out.data(), request.out.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) return TryNext(number);
    if (sent > 0) request.out.erase(0, static_cast<size_t>(sent));
    if (request.out.empty()) poller_.Change(fd, EPOLLIN);
  }
  if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR))) return;
  char buffer[16384];
  const ssize_t size = ::recv(fd, buffer, sizeof buffer, 0);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size <= 0) return TryNext(number);
  request.in.append(buffer, static_cast<size_t>(size));
  if (request.in.size() < 2) return;
  const size_t length = static_cast<size_t>(static_cast<uint8_t>(request.in[0])) << 8 | static_cast<uint8_t>(request.in[1]);
  if (request.in.size() < 2 + length) return;
  std::string answer = request.in.substr(2, length);
  if (!AnswersQuestion(answer, request.question)) return TryNext(number);
  Answered(number, request, std::move(answer));
}

void Forwarder::Answered(uint64_t number, Request& request, std::string answer) {
  std::copy(request.own_id.begin(), request.own_id.end(), answer.begin());
  if (CannotHelp(answer) && request.tries < request.servers.size()) {
    request.refusal = std::move(answer);
    return TryNext(number);
  }
  if (!CannotHelp(answer)) last_good_ = request.servers[(request.tries - 1) % request.servers.size()];
  Finish(number, std::move(answer));
}

void Forwarder::Finish(uint64_t number, std::optional<std::string> answer) {
  const auto found = requests_.find(number);
  CloseSocket(found->second);
  const Done done = std::move(found->second.done);
  requests_.erase(found);
  done(std::move(answer));
}

void Forwarder::CloseSocket(Request& request) {
  if (!request.socket) return;
  poller_.Remove(request.socket.get());
  request.socket.Reset();
}

std::optional<Time> Forwarder::NextDeadline() const {
  std::optional<Time> next;
  for (const auto& [number, request] : requests_) {
    if (!next || request.deadline < *next) next = request.deadline;
  }
  return next;
}

void Forwarder::Expire(Time now) {
  std::vector<uint64_t> late;
  for (const auto& [number, request] : requests_) {
    if (request.deadline <= now) late.push_back(number);
  }
  for (const uint64_t number : late) TryNext(number);
}

}  // namespace skiff::dns
